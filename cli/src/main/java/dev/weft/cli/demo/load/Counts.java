package dev.weft.cli.demo.load;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What became of a number of requests.
 *
 * @param ok complete responses with status 200
 * @param failedBefore requests that failed before their response had begun, or were answered with
 *     an error
 * @param failedAfter requests whose response broke off after it had begun
 * @param versions complete responses by version of {@code catalog}
 * @param instances complete responses by instance of {@code catalog}
 * @param failures descriptions of the first failures
 */
public record Counts(
    long ok,
    long failedBefore,
    long failedAfter,
    Map<String, Long> versions,
    Map<String, Long> instances,
    List<String> failures) {

  /** What happened since {@code earlier}. */
  public Counts since(Counts earlier) {
    return new Counts(
        ok - earlier.ok,
        failedBefore - earlier.failedBefore,
        failedAfter - earlier.failedAfter,
        minus(versions, earlier.versions),
        minus(instances, earlier.instances),
        failures.subList(Math.min(earlier.failures.size(), failures.size()), failures.size()));
  }

  private static Map<String, Long> minus(Map<String, Long> now, Map<String, Long> earlier) {
    Map<String, Long> difference = new TreeMap<>();
    now.forEach(
        (name, count) -> {
          long more = count - earlier.getOrDefault(name, 0L);
          if (more > 0) {
            difference.put(name, more);
          }
        });
    return difference;
  }

  public long ofVersion(String version) {
    return versions.getOrDefault(version, 0L);
  }

  public long ofInstance(String instance) {
    return instances.getOrDefault(instance, 0L);
  }

  /** The share of {@code version} in percent of the complete responses. */
  public double percentOf(String version) {
    return ok == 0 ? 0 : 100.0 * ofVersion(version) / ok;
  }

  /** E.g. "4,120 requests, 0 failed, 0 broken off after the response had begun". */
  public String figure() {
    return String.format(
        "%,d requests, %,d failed, %,d broken off after the response had begun",
        ok + failedBefore + failedAfter, failedBefore, failedAfter);
  }
}
