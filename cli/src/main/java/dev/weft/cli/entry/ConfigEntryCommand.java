package dev.weft.cli.entry;

import picocli.CommandLine.Command;

/** Sets, shows and steers the configuration of applications. */
@Command(
    name = "config-entry",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      EntryChanges.Set.class,
      EntryChanges.Release.class,
      EntryChanges.Delete.class,
      EntryReading.Get.class,
      EntryReading.All.class,
      EntryVersions.History.class,
      EntryVersions.Diff.class,
      EntryVersions.Rollback.class
    },
    description = "Set, show and steer the configuration of applications.")
public final class ConfigEntryCommand {}
