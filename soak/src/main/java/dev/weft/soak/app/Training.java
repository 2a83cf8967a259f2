package dev.weft.soak.app;

import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.BytesRequestContent;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.HttpClientTransport;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.client.transport.HttpClientTransportOverHTTP2;
import org.eclipse.jetty.io.ClientConnector;

/**
 * Lets a caller call a callee in one process until both are warm, and ends. What the JVM learns on
 * the way goes into an ahead-of-time cache: without it, applications that start would take most of
 * the processors of a small machine from those that serve.
 */
public final class Training {
  private static final int REQUESTS = 6000;
  private static final int AT_ONCE = 8;

  private Training() {}

  /** Takes no arguments; the exit code is 0. */
  public static void main(String[] args) throws Exception {
    int callee = freePort();
    int caller = freePort();
    SoakApp.start(callee, new CalleeHandler("trained"));
    SoakApp.start(caller, new CallerHandler(callee));
    for (HttpClientTransport transport :
        List.of(
            new HttpClientTransportOverHTTP(1),
            new HttpClientTransportOverHTTP2(new HTTP2Client(new ClientConnector())))) {
      try (var client = new HttpClient(transport)) {
        client.start();
        train(client, "http://127.0.0.1:" + caller + "/work");
      }
    }
    System.exit(0);
  }

  private static int freePort() throws Exception {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static void train(HttpClient client, String uri) throws Exception {
    byte[] message = "message".getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < REQUESTS; i += AT_ONCE) {
      var answers = new java.util.ArrayList<java.util.concurrent.CompletableFuture<?>>();
      for (int j = 0; j < AT_ONCE; j++) {
        var request = client.newRequest(uri).timeout(20, TimeUnit.SECONDS);
        if (j % 2 == 1) {
          request.method("POST").body(new BytesRequestContent("application/grpc", message));
        }
        var answered = new java.util.concurrent.CompletableFuture<Object>();
        request.send(
            result -> {
              if (result.isFailed()) {
                answered.completeExceptionally(result.getFailure());
              } else {
                answered.complete(result.getResponse());
              }
            });
        answers.add(answered);
      }
      for (var answer : answers) {
        answer.get(20, TimeUnit.SECONDS);
      }
    }
  }
}
