package dev.weft.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.cli.demo.process.Children;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ChildrenTest {
  @TempDir private Path folder = Path.of("");

  /** Starts a child, says its process id, and waits to be killed. */
  static final class Parent {
    private Parent() {}

    public static void main(String[] args) throws IOException {
      Children children = new Children(Path.of(args[0]));
      System.out.println(children.startForeign("sleeper", List.of("sleep", "600")).pid());
      System.in.read();
    }
  }

  @Test
  void aChildDiesWithAParentThatIsKilled() throws Exception {
    Process parent =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Parent.class.getName(),
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out = parent.inputReader(StandardCharsets.US_ASCII)) {
      long child = Long.parseLong(out.readLine());
      assertThat(alive(child)).isTrue();

      parent.destroyForcibly().waitFor();

      await().until(() -> !alive(child));
    }
  }

  @Test
  void closingKillsEveryChild() {
    Children children = new Children(folder);
    Children.Child one = children.startForeign("one", List.of("sleep", "600"));
    Children.Child two = children.startForeign("two", List.of("sleep", "600"));

    children.close();

    assertThat(one.alive()).isFalse();
    assertThat(two.alive()).isFalse();
  }

  @Test
  void whoIsAskedToEndHasTimeForIt() throws IOException {
    Children children = new Children(folder);
    Children.Child polite =
        children.startForeign(
            "polite",
            List.of(
                "sh",
                "-c",
                "trap 'head -c 20000000 /dev/urandom | cksum >/dev/null; echo done; exit 0' TERM;"
                    + " echo up; while :; do sleep 0.05; done"));
    await().until(() -> Files.readString(children.log("polite")).equals("up\n"));

    assertThat(polite.endPolitely(30)).isTrue();

    assertThat(Files.readString(children.log("polite"))).isEqualTo("up\ndone\n");
  }

  @Test
  void whoHadToBeKilledDidNotEndByItself() throws IOException {
    Children children = new Children(folder);
    Children.Child deaf =
        children.startForeign(
            "deaf", List.of("sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.05; done"));
    await().until(() -> Files.readString(children.log("deaf")).equals("up\n"));

    assertThat(deaf.endPolitely(1)).isFalse();
  }

  private static boolean alive(long pid) {
    Optional<ProcessHandle> process = ProcessHandle.of(pid);
    return process.isPresent() && process.get().isAlive();
  }
}
