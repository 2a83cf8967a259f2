package dev.weft.bench.cluster;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * How long the webhook takes to give a pod its sidecar: AdmissionReviews to port 7443 over TLS, as
 * the API server sends them, on connections that are kept, as it keeps them.
 *
 * @param sequential one after the other, on one connection
 * @param parallel ten at a time, each on its connection
 */
public record Reviews(Percentiles sequential, Percentiles parallel) {
  private static final int PORT = 7443;
  private static final int ONE_AFTER_THE_OTHER = 300;
  private static final int AT_A_TIME = 10;
  private static final int EACH = 60;
  private static final int PATIENCE_SECONDS = 30;
  private static final String NAME =
      BenchCluster.CONTROL_PLANE + "." + BenchCluster.SYSTEM + ".svc";

  /** Asks the first of the control plane's replicas. */
  public static Reviews measure(BenchCluster cluster) throws IOException, InterruptedException {
    Pod controlPlane = cluster.controlPlanes().getFirst();
    InetSocketAddress address = cluster.reach(controlPlane, PORT);
    SSLContext context = trusting(cluster);
    byte[] request = request();
    List<Double> sequential =
        ask(context, address, request, ONE_AFTER_THE_OTHER, new CyclicBarrier(1));
    var parallel = new ArrayList<Double>();
    // Nobody's handshake is in anybody's time: connections are kept.
    var connected = new CyclicBarrier(AT_A_TIME);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<List<Double>>> all =
          threads.invokeAll(
              Collections.nCopies(
                  AT_A_TIME, () -> ask(context, address, request, EACH, connected)));
      for (Future<List<Double>> each : all) {
        parallel.addAll(each.get());
      }
    } catch (ExecutionException e) {
      throw new IOException("a review failed: " + e.getCause(), e);
    }
    return new Reviews(Percentiles.of(sequential), Percentiles.of(parallel));
  }

  private static SSLContext trusting(BenchCluster cluster) throws IOException {
    ConfigMap map =
        cluster.client.configMaps().inNamespace(BenchCluster.SYSTEM).withName("weft-ca").get();
    String pem = map == null ? null : map.getData().get("ca.crt");
    if (pem == null) {
      throw new IOException("there is no ConfigMap weft-ca with ca.crt in weft-system");
    }
    try {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      int count = 0;
      for (var certificate :
          CertificateFactory.getInstance("X.509")
              .generateCertificates(
                  new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)))) {
        trusted.setCertificateEntry("weft-" + count++, certificate);
      }
      var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("the ConfigMap weft-ca has no certificates: " + e.getMessage(), e);
    }
  }

  /** The times of so many reviews on one connection, after one that has made it. */
  private static List<Double> ask(
      SSLContext context,
      InetSocketAddress address,
      byte[] request,
      int times,
      CyclicBarrier connected)
      throws IOException, InterruptedException {
    var millis = new ArrayList<Double>();
    try (var plain = new Socket(address.getAddress(), address.getPort());
        var socket = (SSLSocket) context.getSocketFactory().createSocket(plain, NAME, PORT, true)) {
      plain.setTcpNoDelay(true);
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      socket.setSSLParameters(parameters);
      var in = new BufferedInputStream(socket.getInputStream());
      OutputStream out = socket.getOutputStream();
      out.write(request);
      out.flush();
      patched(in);
      connected.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
      for (int i = 0; i < times; i++) {
        long from = System.nanoTime();
        out.write(request);
        out.flush();
        patched(in);
        millis.add((System.nanoTime() - from) / 1e6);
      }
    } catch (BrokenBarrierException | TimeoutException e) {
      throw new IOException("another connection was not made", e);
    }
    return millis;
  }

  private static void patched(InputStream in) throws IOException {
    String status = line(in);
    int length = 0;
    for (String header = line(in); !header.isEmpty(); header = line(in)) {
      String lower = header.toLowerCase(Locale.ROOT);
      if (lower.startsWith("content-length:")) {
        length = Integer.parseInt(lower.substring(lower.indexOf(':') + 1).strip());
      }
    }
    String answer = new String(in.readNBytes(length), StandardCharsets.UTF_8);
    if (!status.startsWith("HTTP/1.1 200") || !answer.contains("\"patch\"")) {
      throw new IOException("expected a patch, got \"" + status + "\" and " + answer);
    }
  }

  private static String line(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (int read = in.read(); read != '\n'; read = in.read()) {
      if (read < 0) {
        throw new EOFException("the webhook has closed the connection");
      }
      if (read != '\r') {
        line.append((char) read);
      }
    }
    return line.toString();
  }

  private static byte[] request() {
    byte[] body = REVIEW.getBytes(StandardCharsets.UTF_8);
    String head =
        "POST /inject?timeout=10s HTTP/1.1\r\nhost: %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
            .formatted(NAME, body.length);
    byte[] bytes = head.getBytes(StandardCharsets.US_ASCII);
    byte[] request = Arrays.copyOf(bytes, bytes.length + body.length);
    System.arraycopy(body, 0, request, bytes.length, body.length);
    return request;
  }

  /** A pod as a ReplicaSet makes it, after the API server's own admission. */
  private static final String REVIEW =
      """
      {"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{
       "uid":"3a6b2c5e-0d83-4a5f-9b0e-7f5cf0e0c9d1","kind":{"group":"","version":"v1","kind":"Pod"},
       "resource":{"group":"","version":"v1","resource":"pods"},"namespace":"weft-bench",
       "operation":"CREATE","userInfo":{"username":"system:serviceaccount:kube-system:replicaset-controller",
        "groups":["system:serviceaccounts","system:authenticated"]},
       "object":{"kind":"Pod","apiVersion":"v1","metadata":{"generateName":"orders-6d5b8f7c9-",
        "namespace":"weft-bench","labels":{"app":"orders","pod-template-hash":"6d5b8f7c9","version":"v3"},
        "annotations":{"example.com/owner":"the shop"},
        "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"orders-6d5b8f7c9",
         "uid":"9d3f6c1a-6c8e-4e34-8a0c-0c8cde0f3f6d","controller":true,"blockOwnerDeletion":true}]},
        "spec":{"volumes":[{"name":"settings","configMap":{"name":"orders","defaultMode":420}},
          {"name":"kube-api-access-x2m4v","projected":{"defaultMode":420,"sources":[
           {"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},
           {"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}}]}}],
         "containers":[{"name":"orders","image":"example.com/orders:3.2.1","args":["--listen=:8080"],
          "ports":[{"name":"http","containerPort":8080,"protocol":"TCP"},{"name":"admin","containerPort":9090,"protocol":"TCP"}],
          "env":[{"name":"DATABASE","value":"postgres.shop.svc:5432"},{"name":"POD","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"}}}],
          "resources":{"limits":{"memory":"512Mi"},"requests":{"cpu":"100m","memory":"256Mi"}},
          "volumeMounts":[{"name":"settings","mountPath":"/etc/orders"},
           {"name":"kube-api-access-x2m4v","readOnly":true,"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}],
          "livenessProbe":{"httpGet":{"path":"/live","port":"admin","scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3},
          "readinessProbe":{"httpGet":{"path":"/ready","port":"admin","scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":5,"successThreshold":1,"failureThreshold":3},
          "terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}],
         "restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst",
         "serviceAccountName":"default","serviceAccount":"default","securityContext":{},
         "schedulerName":"default-scheduler","enableServiceLinks":true,"preemptionPolicy":"PreemptLowerPriority"},
        "status":{}},"oldObject":null,"dryRun":false,
       "options":{"kind":"CreateOptions","apiVersion":"meta.k8s.io/v1"}}}
      """;
}
