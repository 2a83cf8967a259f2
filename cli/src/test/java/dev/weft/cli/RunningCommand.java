package dev.weft.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;

/** A command that goes on until it is interrupted, with what it has printed so far. */
final class RunningCommand implements AutoCloseable {
  private static final int END_SECONDS = 60;

  // Their buffers are safe from any thread.
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final CompletableFuture<Integer> status = new CompletableFuture<>();
  private final Thread thread;

  RunningCommand(String... arguments) {
    CommandLine command =
        WeftMain.commandLine()
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
    thread = Thread.ofVirtual().start(() -> status.complete(command.execute(arguments)));
  }

  String out() {
    return out.toString();
  }

  String err() {
    return err.toString();
  }

  /** Interrupts it; returns its exit status. */
  int end() {
    thread.interrupt();
    return await();
  }

  /** Waits until it ends by itself; returns its exit status. */
  int await() {
    return status.orTimeout(END_SECONDS, TimeUnit.SECONDS).join();
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
