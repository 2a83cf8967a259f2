package dev.weft.cli.images;

import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * From where the classes are found that stay in an image, where what classes name is not all, or
 * too much. Names are those of class files: {@code java/lang/Object}.
 *
 * @param own the beginning of the names that stay and are followed in any case
 * @param byNative beginnings of names that native code looks up, too
 * @param optional beginnings of names that do not stay, whoever names them: who asks for them takes
 *     a no
 * @param offers interfaces to more than the program uses
 * @param catalogues services whose lists name all there is; what stays is listed, and nothing stays
 *     because it is
 */
record Reach(
    String own,
    List<String> byNative,
    List<String> optional,
    List<Offer> offers,
    Set<String> catalogues) {

  /**
   * What a library's interface names, but only hands out: such a class stays, and what it names
   * does not, unless something else names it.
   *
   * @param by beginning of the names of the interface's classes
   * @param offered the names of what it hands out
   */
  record Offer(String by, Pattern offered) {}

  /**
   * Of the control plane. fabric8's client offers every kind of Kubernetes, each with builders: 9
   * of its 14 MB, of which Weft names a few kinds. Of Bouncy Castle Weft uses what writes
   * certificates; the JDK signs, so that its own algorithms, most of it, are only on offer.
   */
  static final Reach CONTROL_PLANE =
      new Reach(
          "dev/weft/",
          List.of(
              "io/grpc/netty/shaded/io/netty/internal/tcnative/",
              "io/grpc/netty/shaded/io/netty/channel/epoll/",
              "io/grpc/netty/shaded/io/netty/channel/unix/",
              "io/grpc/netty/shaded/io/netty/channel/DefaultFileRegion"),
          // A format of metrics that nobody is offered, with a protobuf of its own.
          List.of("io/prometheus/metrics/expositionformats/internal/"),
          List.of(
              new Offer(
                  "io/fabric8/kubernetes/client/",
                  Pattern.compile("io/fabric8/kubernetes/api/model/[a-z0-9]+/.*")),
              new Offer(
                  "org/bouncycastle/",
                  Pattern.compile("org/bouncycastle/(crypto|jcajce/provider|jce|pqc)/.*"))),
          Set.of("io.fabric8.kubernetes.api.model.KubernetesResource"));

  boolean always(String name) {
    return name.startsWith(own) || byNative.stream().anyMatch(name::startsWith);
  }

  boolean never(String name) {
    return optional.stream().anyMatch(name::startsWith);
  }

  /** Whether {@code by} only hands out what {@code name} is. */
  boolean offers(String by, String name) {
    for (Offer offer : offers) {
      if (by.startsWith(offer.by) && offer.offered.matcher(name).matches()) {
        return true;
      }
    }
    return false;
  }
}
