package dev.weft.sidecar.dns;

import static dev.weft.sidecar.dns.Messages.A;
import static dev.weft.sidecar.dns.Messages.AAAA;
import static dev.weft.sidecar.dns.Messages.HTTPS;
import static dev.weft.sidecar.dns.Messages.NXDOMAIN;
import static dev.weft.sidecar.dns.Messages.SOA;
import static dev.weft.sidecar.dns.Messages.edns;
import static dev.weft.sidecar.dns.Messages.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.common.config.DnsNameConfig;
import dev.weft.common.config.VirtualHostConfig;
import dev.weft.sidecar.dns.Messages.Entry;
import dev.weft.sidecar.dns.Messages.Message;
import dev.weft.sidecar.listener.Transport;
import dev.weft.sidecar.telemetry.Bound;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is asked through sockets, of a sidecar's port in front of a name server. */
class DnsServerTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
  private static final String CATALOG = "catalog.shop.svc.cluster.local";
  private static final int PATIENCE_MILLIS = 60_000;

  private final Transport transport = Transport.best();
  private final EventLoopGroup group = transport.newGroup("test-dns", 1);
  private final Mesh mesh = new Mesh();
  private final List<Bound> reached = new CopyOnWriteArrayList<>();
  private final NameServer outside = outside();
  private final DnsServer server = serve(outside.address());
  private final DatagramSocket client = client();

  @BeforeEach
  void known() {
    mesh.put(CATALOG, false, "10.96.0.7");
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    server.close();
    outside.close();
    await().until(() -> server.underWay() == 0);
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  @Test
  void aNameOfTheMeshIsAnsweredHereInTheCaseInWhichItWasAsked() throws Exception {
    String spelled = "cAtaLog.Shop.svc.cluster.LOCAL";

    Message answer = ask(query(0xbeef, spelled, A));

    assertThat(answer.id()).isEqualTo(0xbeef);
    // A response, authoritative, recursion desired and available, no error.
    assertThat(answer.flags()).isEqualTo(0x8580);
    assertThat(answer.questions().getFirst()).isEqualTo(spelled);
    assertThat(answer.addresses()).containsExactly("10.96.0.7");
    assertThat(answer.answers().getFirst().owner()).isEqualTo(spelled);
    assertThat(answer.answers().getFirst().ttl()).isEqualTo(DnsAnswer.TTL_SECONDS);
    assertThat(outside.queries).isEmpty();
    assertThat(server.answered()).isEqualTo(1);
  }

  @Test
  void theFamilyThatItHasNotIsNoDataThatMayBeKept() throws Exception {
    Message answer = ask(query(1, CATALOG, AAAA));

    assertThat(answer.code()).isZero();
    assertThat(answer.answers()).isEmpty();
    Entry soa = answer.authorities().getFirst();
    assertThat(soa.type()).isEqualTo(SOA);
    assertThat(soa.owner()).isEqualTo("cluster.local");
    assertThat(soa.ttl()).isEqualTo(DnsAnswer.TTL_SECONDS);
    // The last number is how long that there is none may be kept (RFC 2308).
    assertThat(Arrays.copyOfRange(soa.data(), soa.data().length - 4, soa.data().length))
        .containsExactly(0, 0, 0, DnsAnswer.TTL_SECONDS);
    assertThat(outside.queries).isEmpty();

    mesh.put(CATALOG, false, "10.96.0.7", "fd00::7");
    assertThat(ask(query(2, CATALOG, AAAA)).addresses()).containsExactly("fd00:0:0:0:0:0:0:7");
  }

  @Test
  void everythingElsePassesByteForByteBothWays() throws Exception {
    byte[] update = query(7, CATALOG, A);
    update[2] = 0x28;
    byte[] chaos = query(8, CATALOG, A);
    chaos[chaos.length - 1] = 3;
    byte[] cut = Arrays.copyOf(query(9, CATALOG, A), 20);
    byte[] longer = Arrays.copyOf(query(10, CATALOG, A), 1000);
    byte[] checking = query(11, CATALOG, A);
    checking[3] = 0x10;
    byte[] large = Arrays.copyOf(query(12, CATALOG, A), 20_000);
    for (byte[] query :
        List.of(
            query(1, "eXample", A),
            query(2, "nowhere.example", A),
            query(3, "www.example.shop.svc.cluster.local", A),
            query(4, "catalog.shop", A),
            query(5, CATALOG + "x", HTTPS),
            edns(6, CATALOG, A, 1232, 0x8000),
            edns(13, CATALOG, A, 1232, 0x10000),
            edns(14, "a.example", A, 4096, 0x8000, (byte) 0, (byte) 10, (byte) 0, (byte) 0),
            update,
            chaos,
            cut,
            longer,
            checking,
            large)) {
      byte[] response = exchange(query);

      assertThat(outside.queries).last().isEqualTo(query);
      assertThat(outside.responses).last().isEqualTo(response);
    }
    assertThat(server.answered()).isZero();
    assertThat(server.passed()).isEqualTo(14);
  }

  @Test
  void ednsIsAnsweredByEdnsAndItsOptionsAreSuggestions() throws Exception {
    byte[] cookie = {0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8};

    Message answer = ask(edns(1, CATALOG, A, 4096, 0, cookie));

    assertThat(answer.addresses()).containsExactly("10.96.0.7");
    assertThat(answer.sections().get(2))
        .singleElement()
        .extracting(Entry::type)
        .isEqualTo(Messages.OPT);
  }

  @Test
  void aNewNameWaitsForTheControlPlaneAMomentOnly() throws Exception {
    mesh.comesWhenWanted = CATALOG;
    mesh.forget(CATALOG);
    send(query(1, CATALOG, A));
    send(query(2, CATALOG, AAAA));
    assertThat(List.of(receive().id(), receive().id())).containsExactlyInAnyOrder(1, 2);
    assertThat(outside.queries).isEmpty();
    assertThat(mesh.wanted).containsExactly("dns/" + CATALOG);

    // Nobody says anything about this one.
    assertThat(ask(query(3, "late.shop.svc.cluster.local", A)).code()).isEqualTo(NXDOMAIN);
    assertThat(reached).containsOnlyOnce(Bound.DNS_WAIT);
    // As long as nothing comes, nobody waits again.
    assertThat(ask(query(4, "later.shop.svc.cluster.local", A)).code()).isEqualTo(NXDOMAIN);
    assertThat(reached).containsOnlyOnce(Bound.DNS_WAIT);
    assertThat(mesh.wanted).contains("dns/later.shop.svc.cluster.local");
  }

  @Test
  void withoutAControlPlaneNewNamesPassAtOnceAndKnownOnesAreAnswered() throws Exception {
    mesh.connected = false;

    assertThat(ask(query(1, "new.shop.svc.cluster.local", A)).code()).isEqualTo(NXDOMAIN);
    assertThat(ask(query(2, CATALOG, A)).addresses()).containsExactly("10.96.0.7");
    assertThat(reached).isEmpty();
  }

  @Test
  void instancesThatNobodyKeepsTrueAreTheOriginalResolversToSayIfItCan() throws Exception {
    mesh.put("db.shop.svc.cluster.local", true, "10.244.0.9", "10.244.0.8");
    assertThat(ask(query(1, "db.shop.svc.cluster.local", A)).addresses())
        .containsExactlyInAnyOrder("10.244.0.8", "10.244.0.9");
    assertThat(outside.queries).isEmpty();

    mesh.connected = false;
    // It does not know the mesh.
    assertThat(ask(query(2, "db.shop.svc.cluster.local", A)).addresses())
        .containsExactlyInAnyOrder("10.244.0.8", "10.244.0.9");
    assertThat(outside.queries).hasSize(1);
    mesh.put("db.shop.svc.example", true, "10.244.0.9");
    assertThat(ask(query(3, "db.shop.svc.example", A)).addresses())
        .containsExactly(NameServer.ADDRESS);
  }

  /** Who takes "no such name" to heart would not find the addresses that it has. */
  @Test
  void aNameOfTheMeshNeverDoesNotExistForOtherTypes() throws Exception {
    Message answer = ask(query(1, CATALOG, HTTPS));

    assertThat(outside.queries).hasSize(1);
    assertThat(answer.code()).isZero();
    assertThat(answer.answers()).isEmpty();
    assertThat(answer.authorities()).hasSize(1);
    assertThat(answer.type()).isEqualTo(HTTPS);
    // Where the original resolver knows the name, too, it is believed.
    mesh.put("catalog.shop.svc.example", false, "10.96.0.7");
    assertThat(ask(query(2, "catalog.shop.svc.example", HTTPS)).authorities()).isEmpty();
    // Instances may have addresses of the other family that we do not know.
    mesh.put("db.shop.svc.cluster.local", true, "10.244.0.9");
    assertThat(ask(query(3, "db.shop.svc.cluster.local", AAAA)).code()).isZero();
    assertThat(outside.queries).hasSize(3);
  }

  @Test
  void manyAddressesAreCutByUdpAndWholeByTcp() throws Exception {
    String[] many =
        IntStream.range(0, 200).mapToObj(i -> "10.244.0." + (i + 1)).toArray(String[]::new);
    mesh.put("db.shop.svc.cluster.local", true, many);

    byte[] plain = exchange(query(1, "db.shop.svc.cluster.local", A));
    assertThat(plain).hasSizeLessThanOrEqualTo(512);
    assertThat(Messages.read(plain).truncated()).isTrue();
    assertThat(Messages.read(plain).addresses()).hasSizeGreaterThan(20);
    byte[] more = exchange(edns(2, "db.shop.svc.cluster.local", A, 4096, 0));
    assertThat(more).hasSizeBetween(1000, 1232);
    try (var tcp = new Tcp()) {
      tcp.send(query(3, "db.shop.svc.cluster.local", A));
      Message whole = Messages.read(tcp.receive());
      assertThat(whole.truncated()).isFalse();
      assertThat(whole.addresses()).containsExactlyInAnyOrder(many);
    }
  }

  @Test
  void callersAreSpreadOverTheAddresses() throws Exception {
    mesh.put("db.shop.svc.cluster.local", true, "10.244.0.7", "10.244.0.8", "10.244.0.9");

    // As C libraries ask, for both families; and for two names in turn.
    mesh.put("log.shop.svc.cluster.local", true, "10.244.0.4", "10.244.0.5", "fd00::4", "fd00::5");
    var first = new HashSet<String>();
    for (int i = 0; i < 100; i++) {
      first.add(ask(query(1, "db.shop.svc.cluster.local", A)).addresses().getFirst());
      first.add(ask(query(2, "log.shop.svc.cluster.local", A)).addresses().getFirst());
      first.add(ask(query(3, "log.shop.svc.cluster.local", AAAA)).addresses().getFirst());
    }

    assertThat(first).hasSize(3 + 2 + 2);
  }

  @Test
  void whatTheNameServerCutsIsAskedAgainByTcp() throws Exception {
    Message cut = ask(query(1, "big.example", A));
    assertThat(cut.truncated()).isTrue();
    try (var tcp = new Tcp()) {
      tcp.send(query(2, "big.example", A));
      byte[] response = tcp.receive();
      assertThat(Messages.read(response).addresses()).hasSize(40);
      assertThat(outside.responses).last().isEqualTo(response);
    }
  }

  @Test
  void queriesOnOneConnectionAreAnsweredWhicheverWay() throws Exception {
    try (var tcp = new Tcp()) {
      byte[] strange = Arrays.copyOf(query(9, CATALOG, A), 60_000);
      tcp.send(
          query(1, "a.example", A),
          query(2, CATALOG, A),
          query(3, "silent.example", A),
          query(4, "nowhere.example", AAAA),
          query(5, CATALOG, HTTPS),
          strange);

      var answers = new ArrayList<Integer>();
      for (int i = 0; i < 5; i++) {
        byte[] answer = tcp.receive();
        answers.add(Byte.toUnsignedInt(answer[0]) << 8 | Byte.toUnsignedInt(answer[1]));
      }
      assertThat(answers).containsExactlyInAnyOrder(1, 2, 4, 5, 9);
      // In pieces it is the same.
      tcp.sendSlowly(query(6, CATALOG, A));
      assertThat(Messages.read(tcp.receive()).addresses()).containsExactly("10.96.0.7");
      assertThat(outside.queries).last().isEqualTo(strange);
    }
    await().until(() -> server.connections() == 0);
  }

  @Test
  void whoHasAskedEverythingAndSaysSoIsAnswered() throws Exception {
    for (String name : List.of(CATALOG, "a.example")) {
      try (var tcp = new Tcp()) {
        tcp.send(query(1, name, A));
        tcp.socket.shutdownOutput();
        assertThat(Messages.read(tcp.receive()).addresses()).hasSize(1);
        assertThat(tcp.ended()).isTrue();
      }
    }
  }

  @Test
  void aNameServerThatIsNotThereIsSaidToFailAtOnce() throws Exception {
    outside.close();

    for (byte[] query : List.of(query(1, "a.example", A), edns(2, "b.example", A, 1232, 0x8000))) {
      Message answer = Messages.read(exchange(query));
      assertThat(answer.code()).isEqualTo(2);
      assertThat(answer.flags() & 0x8000).isNotZero();
      assertThat(answer.questions()).isEqualTo(Messages.read(query).questions());
    }
    assertThat(ask(query(3, CATALOG, A)).addresses()).containsExactly("10.96.0.7");
    assertThat(server.failed()).isEqualTo(2);
    try (var tcp = new Tcp()) {
      tcp.send(query(4, "a.example", A));
      assertThat(tcp.ended()).isTrue();
    }
  }

  @Test
  void tooManyQueriesAtATimeAreToldSoAndTheOthersForgottenInTime() throws Exception {
    int max = Bound.DNS_QUERIES.intValue();
    for (int id = 1; id <= max; id++) {
      send(query(id, "silent.example", A));
      if (id % 50 == 0) {
        int sent = id;
        await().until(() -> server.underWay() >= sent);
      }
    }
    await().until(() -> server.underWay() == max);

    assertThat(ask(query(0, "silent.example", A)).code()).isEqualTo(2);
    assertThat(reached).contains(Bound.DNS_QUERIES);
    await().atMost(30, TimeUnit.SECONDS).until(() -> server.underWay() == 0);
    assertThat(reached).contains(Bound.DNS_TIME);
    assertThat(ask(query(1, "a.example", A)).addresses()).containsExactly(NameServer.ADDRESS);
  }

  @Test
  void queriesThatAreKeptHaveABoundInBytes() throws Exception {
    byte[] large = Arrays.copyOf(query(1, "a.example", A), 60_000);
    var held = new ArrayList<ByteBuf>();
    while (server.queryBytes() < Bound.DNS_QUERY_BYTES.intValue() - large.length) {
      ByteBuf one = Unpooled.wrappedBuffer(large);
      assertThat(server.begin(one)).isTrue();
      held.add(one);
    }

    assertThat(exchange(large)[3] & 15).isEqualTo(2);
    assertThat(reached).containsExactly(Bound.DNS_QUERY_BYTES);
    held.forEach(server::end);
    assertThat(server.queryBytes()).isZero();
    assertThat(ask(query(2, "a.example", A)).addresses()).containsExactly(NameServer.ADDRESS);
  }

  /** One socket for everything is what a resolver of the machine's own may have. */
  @Test
  void whatIsNeverAnsweredIsForgottenAlsoWhereOneAsksWithoutAPause() {
    var open = new OpenQueries(server);
    long time = Bound.DNS_TIME.value();
    for (int id = 0; id < 5; id++) {
      ByteBuf query = Unpooled.wrappedBuffer(query(id, "silent.example", A));
      assertThat(server.begin(query)).isTrue();
      open.add(new Asked(query, null, null, id * time / 2));
    }

    assertThat(server.underWay()).isEqualTo(3);
    assertThat(reached).containsExactly(Bound.DNS_TIME, Bound.DNS_TIME);
    open.endAll();
    assertThat(server.underWay()).isZero();
  }

  @Test
  void whoAsksAndDoesNotReadIsCutOff() throws Exception {
    String[] many =
        IntStream.range(0, 1000).mapToObj(i -> "10.244.1." + (i % 250 + 1)).toArray(String[]::new);
    mesh.put("db.shop.svc.cluster.local", true, many);
    try (var tcp = new Tcp()) {
      var queries = new byte[1000][];
      Arrays.fill(queries, query(1, "db.shop.svc.cluster.local", A));
      Thread asking =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      while (true) {
                        tcp.send(queries);
                      }
                    } catch (IOException e) {
                      // Cut off.
                    }
                  });
      await()
          .atMost(60, TimeUnit.SECONDS)
          .until(() -> server.answered() > 0 && server.connections() == 0);
      asking.join();
    }
    // What the kernel takes, and little more.
    assertThat(server.answered()).isLessThan(5000);
  }

  /** One socket of the application's may ask many things, and the same again. */
  @Test
  void askingAgainAsksTheNameServerAgain() throws Exception {
    send(query(1, "silent.example", A));
    send(query(1, "silent.example", A));
    await().until(() -> outside.queries.size() == 2);
    assertThat(server.underWay()).isEqualTo(1);
    assertThat(ask(query(1, "a.example", A)).addresses()).containsExactly(NameServer.ADDRESS);
  }

  private static NameServer outside() {
    return onFreePort(() -> new NameServer(new InetSocketAddress(LOOPBACK, 0)));
  }

  private DnsServer serve(InetSocketAddress nameServer) {
    return onFreePort(
        () ->
            DnsServer.bind(
                List.of(new DnsServer.Port(new InetSocketAddress(LOOPBACK, 0), nameServer)),
                group.next(),
                new Sockets(transport),
                mesh,
                reached::add));
  }

  private interface Binding<T> {
    T bind() throws IOException;
  }

  /** The kernel gives a port that is free for UDP; for TCP it may be taken. */
  private static <T> T onFreePort(Binding<T> binding) {
    IOException last = null;
    for (int i = 0; i < 50; i++) {
      try {
        return binding.bind();
      } catch (IOException e) {
        last = e;
      }
    }
    throw new AssertionError(last);
  }

  private DatagramSocket client() {
    try {
      var made = new DatagramSocket();
      made.connect(LOOPBACK, server.ports().getFirst());
      made.setSoTimeout(PATIENCE_MILLIS);
      return made;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void send(byte[] query) throws IOException {
    client.send(new DatagramPacket(query, query.length));
  }

  private byte[] exchange(byte[] query) throws IOException {
    send(query);
    return receiveBytes();
  }

  private Message ask(byte[] query) throws IOException {
    return Messages.read(exchange(query));
  }

  private Message receive() throws IOException {
    return Messages.read(receiveBytes());
  }

  private byte[] receiveBytes() throws IOException {
    var packet = new DatagramPacket(new byte[65_535], 65_535);
    client.receive(packet);
    return Arrays.copyOf(packet.getData(), packet.getLength());
  }

  /** A connection to the port. */
  private final class Tcp implements AutoCloseable {
    private final Socket socket = new Socket(LOOPBACK, server.ports().getFirst());
    private final DataInputStream in = new DataInputStream(socket.getInputStream());
    private final DataOutputStream out = new DataOutputStream(socket.getOutputStream());

    Tcp() throws IOException {
      socket.setSoTimeout(PATIENCE_MILLIS);
      socket.setTcpNoDelay(true);
    }

    void send(byte[]... queries) throws IOException {
      var all = new java.io.ByteArrayOutputStream();
      for (byte[] query : queries) {
        all.write(new byte[] {(byte) (query.length >> 8), (byte) query.length});
        all.write(query);
      }
      out.write(all.toByteArray());
    }

    void sendSlowly(byte[] query) throws IOException {
      out.writeByte(query.length >> 8);
      out.writeByte(query.length);
      for (byte each : query) {
        out.write(each);
      }
    }

    byte[] receive() throws IOException {
      byte[] message = new byte[in.readUnsignedShort()];
      in.readFully(message);
      return message;
    }

    boolean ended() throws IOException {
      try {
        return in.read() < 0;
      } catch (SocketTimeoutException e) {
        return false;
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  /** What a test says that the mesh knows. */
  private final class Mesh implements MeshNames {
    volatile String comesWhenWanted = "";
    final Set<String> wanted = ConcurrentHashMap.newKeySet();
    final Map<String, VirtualHostConfig> known = new ConcurrentHashMap<>();
    volatile boolean connected = true;

    void put(String name, boolean instances, String... addresses) {
      known.put(
          "dns/" + name,
          new VirtualHostConfig(
              "shop/dns/" + name,
              true,
              List.of(),
              List.of(),
              new DnsNameConfig(
                  Stream.of(addresses).map(InetAddress::ofLiteral).toList(), instances)));
    }

    void forget(String name) {
      known.remove("dns/" + name);
    }

    @Override
    public @Nullable VirtualHostConfig use(String name) {
      return known.get(name);
    }

    @Override
    public boolean want(String name) {
      wanted.add(name);
      if (name.equals("dns/" + comesWhenWanted)) {
        group
            .next()
            .execute(
                () -> {
                  put(comesWhenWanted, false, "10.96.0.8");
                  server.changed();
                });
      }
      return connected;
    }

    @Override
    public boolean connected() {
      return connected;
    }
  }

  private record Sockets(Transport transport) implements DnsSockets {
    @Override
    public Channel datagram(boolean ipv6) {
      return transport.newDatagramChannel(ipv6);
    }

    @Override
    public Channel server() {
      return transport.newServerChannel();
    }

    @Override
    public Channel client() {
      return transport.newClientChannel();
    }
  }
}
