package dev.weft.cli.output;

import com.google.protobuf.Message;
import java.io.PrintWriter;
import picocli.CommandLine.Option;

/** The option by which a command's answer is printed for a person or for a program. */
public final class Output {
  @Option(
      names = {"-o", "--output"},
      defaultValue = "table",
      description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
  private OutputFormat format = OutputFormat.TABLE;

  public OutputFormat format() {
    return format;
  }

  /** Prints the answer as it is, or has it printed as a table. */
  public void print(Message answer, PrintWriter out, Runnable table) {
    switch (format) {
      case JSON -> out.println(Yaml.json(answer));
      case YAML -> out.print(Yaml.yaml(answer));
      case TABLE -> table.run();
    }
    out.flush();
  }
}
