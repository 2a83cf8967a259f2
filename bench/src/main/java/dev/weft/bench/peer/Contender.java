package dev.weft.bench.peer;

import java.util.List;
import java.util.Map;

/**
 * A proxy under test: how it is started and where it listens.
 *
 * @param command the program without the pinning, which the runner adds
 */
public record Contender(
    String name, int port, List<String> command, Map<String, String> environment) {}
