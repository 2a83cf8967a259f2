package dev.weft.sidecar.app.intercept;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InterceptionTest {
  @TempDir @Nullable Path folder;

  @Test
  void everyExclusionIsARuleBeforeTheRedirect() {
    String rules =
        NftRules.of(
            parse(
                "--exclude-outbound-ports=8010,8000-8009,22",
                "--exclude-inbound-ports=9000",
                "--exclude-outbound-cidrs=10.1.2.3/8,fd00::1/16,192.0.2.1",
                "--exclude-uids=0,1000"));

    assertThat(rules)
        .startsWith(NftRules.UNDO)
        .contains("meta skuid 1337 return", "meta skgid 1337 return")
        .contains("meta skuid { 0, 1000 } return")
        .contains("ip daddr 10.0.0.0/8 return", "ip daddr 192.0.2.1/32 return")
        .contains("ip6 daddr fd00:0:0:0:0:0:0:0/16 return")
        .contains("tcp dport { 22, 8000-8010 } return")
        .contains("tcp dport { 9000 } return")
        .contains("tcp dport 15000-15099 return", "tcp dport 53 return")
        // The cloud's metadata.
        .contains("169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128");
    int redirect = rules.indexOf("redirect to :15001");
    assertThat(rules.indexOf("8000-8010")).isPositive().isLessThan(redirect);
  }

  @Test
  void dnsGoesToAPortForEachNameServerOnlyWhenItIsOn() throws IOException {
    assertThat(NftRules.of(parse())).doesNotContain("udp", "zone");

    Path file = Objects.requireNonNull(folder).resolve("resolv.conf");
    Files.writeString(
        file,
        """
        search shop.svc.cluster.local # a comment
        nameserver 10.96.0.10
        nameserver\tfd00::a
        nameserver 169.254.20.10 x
         nameserver 192.0.2.1
        ; nameserver 192.0.2.1
        nameserver 10.96.0.10
        nameserver fe80::1%1
        nameserver 192.0.2.4
        """);
    String rules =
        NftRules.of(
            parse("--dns=on", "--resolv-conf=" + file, "--exclude-outbound-cidrs=192.0.2.0/24"));

    assertThat(rules)
        .contains(
            "ip daddr 10.96.0.10 udp dport 53 redirect to :15053",
            "ip daddr 10.96.0.10 tcp dport 53 redirect to :15053",
            "ip6 daddr fd00:0:0:0:0:0:0:a udp dport 53 redirect to :15054",
            "ip daddr 169.254.20.10 udp dport 53 redirect to :15055",
            "ip daddr 10.96.0.10 udp dport 53 ct zone set",
            "ip saddr 127.0.0.1 udp sport 15053-15055 ct zone set",
            "ip6 saddr ::1 udp sport 15053-15055 ct zone set")
        .doesNotContain("192.0.2.1 ", "192.0.2.4", "fe80::1 ");
    int redirect = rules.indexOf("redirect to :15053");
    assertThat(rules.indexOf("192.0.2.0/24")).isPositive().isLessThan(redirect);
    assertThat(rules.indexOf("skuid 1337")).isPositive().isLessThan(redirect);
    assertThat(rules.indexOf("oifname \"lo\"")).isGreaterThan(redirect);
    assertThat(parse("--dns=on", "--resolv-conf=/nowhere").dns().nameServers())
        .containsExactly(InetAddress.ofLiteral("127.0.0.1"));
  }

  @Test
  void theSameGoesForIptablesInBothFamilies() {
    Interception what =
        parse("--exclude-outbound-cidrs=10.0.0.0/8,fd00::/16", "--exclude-outbound-ports=1-9");

    assertThat(IptablesRules.of(what, false, true, false))
        .contains("-A WEFT_OUTBOUND -m owner --gid-owner 1337 -j RETURN")
        .contains("-A WEFT_OUTBOUND -d 10.0.0.0/8 -j RETURN")
        .contains("-A WEFT_OUTBOUND -p tcp --dport 1:9 -j RETURN")
        .contains("-A OUTPUT -p tcp -j WEFT_OUTBOUND")
        .doesNotContain("fd00:0", "-A PREROUTING")
        .endsWith("COMMIT\n");
    assertThat(IptablesRules.of(what, true, false, true))
        .contains("-d fd00:0:0:0:0:0:0:0/16 -j RETURN", "-A PREROUTING -p tcp -j WEFT_INBOUND")
        .doesNotContain("10.0.0.0", "-A OUTPUT");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--exclude-outbound-ports=0        | --exclude-outbound-ports has \"0\": expected ports",
        "--exclude-inbound-ports=9-8       | --exclude-inbound-ports has \"9-8\": expected ports",
        "--exclude-outbound-cidrs=10.0.0/8 | has \"10.0.0/8\": expected networks, as in",
        "--exclude-outbound-cidrs=::1/129  | has \"::1/129\": expected networks, as in",
        "--exclude-outbound-cidrs=db/24    | has \"db/24\": expected networks, as in",
        "--exclude-uids=root               | has \"root\": expected numbers of users",
        "--backend=ipfw                    | expected auto, nft or iptables",
        "--dns=yes                         | --dns is \"yes\": expected off or on",
        "--undo=yes                        | --undo takes no value",
        "--exclude-ports=1                 | unknown flag --exclude-ports",
        "--outbound-port=0                 | expected a number from 1",
      })
  void whatIsWrongIsSaid(String argument, String message) {
    assertThatThrownBy(() -> parse(argument))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aSidecarThatWouldBeInterceptedItselfDoesNotStart() {
    OwnIds.check(List.of("Uid:\t1337\t1337\t1337\t1337", "Gid:\t0\t0\t0\t0"));
    OwnIds.check(List.of("Uid:\t0\t0\t0\t0", "Gid:\t1\t1\t1\t1337"));
    assertThatThrownBy(
            () -> OwnIds.check(List.of("Uid:\t1000\t1000\t1000\t1000", "Gid:\t5\t5\t5\t5")))
        .hasMessageContaining("user 1000 and group 5")
        .hasMessageContaining("setpriv");
  }

  private static Interception parse(String... arguments) {
    return Interception.parse(List.of(arguments), Map.of());
  }
}
