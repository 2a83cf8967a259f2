package dev.weft.cli.entry;

import dev.weft.cli.connection.Connection;
import dev.weft.cli.connection.Failures.CommandFailed;
import dev.weft.cli.connection.InForce;
import dev.weft.cli.document.Kind;
import dev.weft.cli.document.PolicyErrors;
import dev.weft.cli.document.Reason;
import dev.weft.proto.policy.v1.AppliedPolicy;
import dev.weft.proto.policy.v1.ApplyRequest;
import dev.weft.proto.policy.v1.ApplyResponse;
import dev.weft.proto.policy.v1.DeleteRequest;
import dev.weft.proto.policy.v1.Manifest;
import dev.weft.proto.policy.v1.Policy;
import dev.weft.proto.policy.v1.PolicyServiceGrpc;
import dev.weft.proto.policy.v1.PolicyServiceGrpc.PolicyServiceBlockingStub;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Changes entries of configuration: each by applying, or deleting, the document that it is. */
final class EntryChanges {
  private EntryChanges() {}

  /** What every change has: whose entry, why, and whether to wait until it is in force. */
  abstract static class Change implements Callable<Integer> {
    @Spec CommandSpec spec = CommandSpec.create();
    @Mixin private Connection connection = new Connection();

    @Parameters(index = "0", paramLabel = "KEY", description = "What the application asks for.")
    private String key = "";

    @Mixin private EntryScope scope = new EntryScope();
    @Mixin private Reason reason = new Reason();

    @Option(
        names = "--wait",
        description = "Return when every sidecar that is concerned has the change in force.")
    private boolean await;

    /** Makes the change; {@code stored} is null where there is no entry. */
    abstract int change(ManagedChannel channel, @Nullable Policy stored);

    @Override
    public Integer call() {
      return connection.call(
          channel -> change(channel, EntryDocument.find(policies(channel), key, scope)));
    }

    final PolicyServiceBlockingStub policies(ManagedChannel channel) {
      return PolicyServiceGrpc.newBlockingStub(channel)
          .withDeadlineAfter(connection.timeoutSeconds(), TimeUnit.SECONDS);
    }

    final EntryDocument fresh() {
      return EntryDocument.fresh(key, scope);
    }

    final String reason() {
      return reason.text();
    }

    /** For messages, e.g. {@code log.level of service shop/catalog}. */
    final String shown() {
      return key + " of " + scope.shown();
    }

    final int apply(ManagedChannel channel, EntryDocument entry) {
      PrintWriter out = spec.commandLine().getOut();
      PrintWriter err = spec.commandLine().getErr();
      ApplyResponse response =
          policies(channel)
              .apply(
                  ApplyRequest.newBuilder()
                      .addManifests(Manifest.newBuilder().setName(key).setContent(entry.json()))
                      .setReason(reason.text())
                      .build());
      PolicyErrors.print(err, "warning", response.getWarningsList());
      if (response.getErrorsCount() > 0) {
        PolicyErrors.print(err, "error", response.getErrorsList());
        err.println("nothing was changed");
        err.flush();
        return 1;
      }
      for (AppliedPolicy applied : response.getResultsList()) {
        out.println(
            Kind.display(applied.getKey())
                + " "
                + applied.getAction().name().toLowerCase(Locale.ROOT));
      }
      out.flush();
      return inForce(channel, response.getRevision(), "changed");
    }

    final int inForce(ManagedChannel channel, long revision, String done) {
      return await
          ? InForce.await(
              channel,
              done,
              revision,
              connection.timeoutSeconds(),
              spec.commandLine().getOut(),
              spec.commandLine().getErr())
          : 0;
    }
  }

  @Command(
      name = "set",
      mixinStandardHelpOptions = true,
      description = {
        "Set the value of an entry, for all instances of its scope or for a share of them first.",
        "What is closer wins: label, then service, then namespace, then mesh."
      })
  static final class Set extends Change {
    @Parameters(index = "1", arity = "0..1", paramLabel = "VALUE", description = "The value.")
    private @Nullable String value;

    @Option(
        names = {"-f", "--filename"},
        paramLabel = "FILE",
        description = "The value is what this file has; - is standard input.")
    private @Nullable String file;

    @Option(
        names = "--content-type",
        paramLabel = "TYPE",
        description = "Its media type; default: as it was, else text/plain; charset=utf-8.")
    private @Nullable String contentType;

    @Option(
        names = "--percent",
        paramLabel = "N",
        description = "For that share of the instances first; see 'weft config-entry release'.")
    private @Nullable Integer percent;

    @Override
    int change(ManagedChannel channel, @Nullable Policy stored) {
      String now = value();
      EntryDocument entry = stored == null ? fresh() : EntryDocument.of(stored);
      if (percent == null && entry.release() != null) {
        throw new CommandFailed(
            "a release of "
                + shown()
                + " is under way ("
                + entry.release().percent()
                + "%): end it first with 'weft config-entry release', --finish or --take-back");
      }
      if (percent != null && stored == null) {
        throw new CommandFailed(
            "there is no "
                + shown()
                + " yet: --percent is for another value of an entry. Set it without --percent"
                + " first");
      }
      EntryDocument changed =
          percent == null
              ? entry.withValue(now, null)
              : entry.withValue(entry.value(), new EntryDocument.Release(percent, now));
      return apply(channel, contentType == null ? changed : changed.withContentType(contentType));
    }

    private String value() {
      if ((value == null) == (file == null)) {
        throw new ParameterException(
            spec.commandLine(), "say the value: either VALUE, or -f FILE (or - )");
      }
      return value != null ? value : read(file);
    }

    private static String read(@Nullable String name) {
      String shown = name == null ? "-" : name;
      try {
        byte[] bytes =
            shown.equals("-") ? System.in.readAllBytes() : Files.readAllBytes(Path.of(shown));
        return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      } catch (CharacterCodingException e) {
        throw new CommandFailed(
            "'" + shown + "' is no text in UTF-8; encode what is binary, e.g. as base64");
      } catch (IOException e) {
        throw new CommandFailed(
            "'"
                + shown
                + "' cannot be read: "
                + e.getClass().getSimpleName()
                + ": "
                + e.getMessage());
      }
    }
  }

  @Command(
      name = "release",
      mixinStandardHelpOptions = true,
      description = {
        "Give the other value of an entry, which 'set --percent' began with, to another share of",
        "the instances, or end the release either way."
      })
  static final class Release extends Change {
    @Option(names = "--percent", paramLabel = "N", description = "The share from now on.")
    private @Nullable Integer percent;

    @Option(names = "--finish", description = "All instances get it.")
    private boolean finish;

    @Option(names = "--take-back", description = "No instance has it any more.")
    private boolean takeBack;

    @Override
    int change(ManagedChannel channel, @Nullable Policy stored) {
      if ((percent == null ? 0 : 1) + (finish ? 1 : 0) + (takeBack ? 1 : 0) != 1) {
        throw new ParameterException(
            spec.commandLine(), "say one of --percent N, --finish and --take-back");
      }
      EntryDocument entry = stored == null ? null : EntryDocument.of(stored);
      EntryDocument.Release under = entry == null ? null : entry.release();
      if (entry == null || under == null) {
        throw new CommandFailed(
            "no release of "
                + shown()
                + " is under way; begin one with 'weft config-entry set KEY VALUE --percent N'");
      }
      if (percent != null) {
        return apply(
            channel,
            entry.withValue(entry.value(), new EntryDocument.Release(percent, under.value())));
      }
      return apply(channel, entry.withValue(finish ? under.value() : entry.value(), null));
    }
  }

  @Command(
      name = "delete",
      mixinStandardHelpOptions = true,
      description = "Delete an entry: its instances get what is less close, or none.")
  static final class Delete extends Change {
    @Override
    int change(ManagedChannel channel, @Nullable Policy stored) {
      if (stored == null) {
        throw new CommandFailed("there is no entry " + shown());
      }
      long revision =
          policies(channel)
              .delete(
                  DeleteRequest.newBuilder().setKey(stored.getKey()).setReason(reason()).build())
              .getRevision();
      spec.commandLine().getOut().println(Kind.display(stored.getKey()) + " deleted");
      spec.commandLine().getOut().flush();
      return inForce(channel, revision, "deleted");
    }
  }
}
