package dev.weft.sidecar.app;

import dev.weft.sidecar.app.intercept.InterceptMain;
import dev.weft.sidecar.app.intercept.OwnIds;
import dev.weft.sidecar.app.options.SidecarOptions;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.JdkLoggerFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** Starts a sidecar and keeps it until the process is told to end, then takes leave politely. */
public final class SidecarMain {
  private static final int USAGE = 2;
  private static final int FAILED = 1;

  private SidecarMain() {}

  public static void main(String[] arguments) throws InterruptedException {
    int status = run(List.of(arguments));
    if (status != 0) {
      System.exit(status);
    }
  }

  private static int run(List<String> arguments) throws InterruptedException {
    if (!arguments.isEmpty() && arguments.getFirst().equals("hold")) {
      return Hold.run(arguments.subList(1, arguments.size()));
    }
    if (!arguments.isEmpty() && arguments.getFirst().equals("intercept")) {
      return InterceptMain.run(arguments.subList(1, arguments.size()), System.getenv());
    }
    if (arguments.contains("--help") || arguments.contains("-h")) {
      System.out.print(SidecarOptions.usage());
      return 0;
    }
    setDefault("io.netty.allocator.type", "pooled");
    // grpc-netty would make an allocator of its own, with arenas of its own.
    setDefault("io.grpc.netty.useCustomAllocator", "false");
    if (System.getProperty("os.name").equals("Linux")) {
      // The JDK's default, by name: otherwise it asks every jar of the class path for another.
      setDefault("java.nio.channels.spi.SelectorProvider", "sun.nio.ch.EPollSelectorProvider");
    }
    Logging.beforeFirstUse();
    // Netty would look for logging libraries that are not there.
    InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE);
    Sidecar sidecar;
    try {
      SidecarOptions options = SidecarOptions.parse(arguments, System.getenv());
      if (options.intercept().on()) {
        OwnIds.check();
      }
      Logging.configure(options.logLevel());
      sidecar = Sidecar.start(options);
    } catch (IllegalArgumentException e) {
      System.err.println("weft sidecar: " + e.getMessage());
      return USAGE;
    } catch (IOException e) {
      System.err.println("weft sidecar: " + e.getMessage());
      return FAILED;
    } catch (UncheckedIOException e) {
      System.err.println("weft sidecar: " + e.getMessage());
      return FAILED;
    }
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  sidecar.drain();
                  sidecar.close();
                },
                "weft-shutdown"));
    // The loops are daemons: this keeps the process.
    new CountDownLatch(1).await();
    return 0;
  }

  private static void setDefault(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }
}
