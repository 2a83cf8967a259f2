package dev.weft.soak.load;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Map;
import java.util.function.IntConsumer;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.client.transport.HttpClientTransportOverHTTP2;
import org.eclipse.jetty.http2.frames.GoAwayFrame;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.frames.PingFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.http2.frames.SettingsFrame;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.io.Transport;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Promise;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;

/** Jetty's HTTP/2, which also tells of the ports that have sent a GOAWAY. */
final class GoAwayTransport extends HttpClientTransportOverHTTP2 {
  private final IntConsumer onGoAway;

  GoAwayTransport(IntConsumer onGoAway) {
    super(new HTTP2Client(new ClientConnector()));
    this.onGoAway = onGoAway;
  }

  @Override
  protected void connect(
      Transport transport,
      SslContextFactory.@Nullable Client tls,
      SocketAddress address,
      Session.Listener listener,
      Promise<Session> promise,
      Map<String, Object> context) {
    super.connect(
        transport,
        tls,
        address,
        new Telling(listener, ((InetSocketAddress) address).getPort()),
        promise,
        context);
  }

  private final class Telling implements Session.Listener {
    private final Session.Listener next;
    private final int port;

    Telling(Session.Listener next, int port) {
      this.next = next;
      this.port = port;
    }

    @Override
    public void onGoAway(Session session, GoAwayFrame frame) {
      onGoAway.accept(port);
      next.onGoAway(session, frame);
    }

    @Override
    public Map<Integer, Integer> onPreface(Session session) {
      return next.onPreface(session);
    }

    @Override
    public Stream.Listener onNewStream(Stream stream, HeadersFrame frame) {
      return next.onNewStream(stream, frame);
    }

    @Override
    public void onSettings(Session session, SettingsFrame frame) {
      next.onSettings(session, frame);
    }

    @Override
    public void onPing(Session session, PingFrame frame) {
      next.onPing(session, frame);
    }

    @Override
    public void onReset(Session session, ResetFrame frame) {
      next.onReset(session, frame);
    }

    @Override
    public void onClose(Session session, GoAwayFrame frame, Callback callback) {
      next.onClose(session, frame, callback);
    }

    @Override
    public boolean onIdleTimeout(Session session) {
      return next.onIdleTimeout(session);
    }

    @Override
    public void onFailure(Session session, Throwable failure, Callback callback) {
      next.onFailure(session, failure, callback);
    }
  }
}
