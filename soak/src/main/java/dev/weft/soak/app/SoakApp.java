package dev.weft.soak.app;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.Executors;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/** The main class of an application process: a callee that answers, or a caller that asks one. */
public final class SoakApp {
  /** The service that a caller calls. */
  public static final String CALLEE = "callee";

  private static final int MAX_THREADS = 16;
  private static final int ACCEPT_QUEUE = 1024;

  private SoakApp() {}

  /**
   * @param args service, id, port to listen on, port of the own sidecar's outbound listener
   */
  public static void main(String[] args) throws Exception {
    boolean callee = args[0].equals(CALLEE);
    String id = args[1];
    int port = Integer.parseInt(args[2]);
    Handler handler = callee ? new CalleeHandler(id) : new CallerHandler(Integer.parseInt(args[3]));
    start(port, new Mood(handler));
    endWithParent();
  }

  static void start(int port, Handler handler) throws Exception {
    var threads = new QueuedThreadPool(MAX_THREADS);
    threads.setVirtualThreadsExecutor(Executors.newVirtualThreadPerTaskExecutor());
    var server = new Server(threads);
    var config = new HttpConfiguration();
    var connector =
        new ServerConnector(
            server,
            1,
            1,
            new HttpConnectionFactory(config),
            new HTTP2CServerConnectionFactory(config));
    connector.setHost("127.0.0.1");
    connector.setPort(port);
    // A new instance is given its share of connections at once.
    connector.setAcceptQueueSize(ACCEPT_QUEUE);
    server.addConnector(connector);
    server.setHandler(handler);
    server.start();
  }

  /** Standard input is a pipe whose other end is held by whoever has started this process. */
  private static void endWithParent() throws IOException {
    InputStream in = System.in;
    while (in.read() >= 0) {
      // Nothing is ever written to it.
    }
    Runtime.getRuntime().halt(1);
  }
}
