package dev.weft.soak.watch;

import java.time.Duration;

/**
 * What the kernel says of a process.
 *
 * @param at since the run began
 * @param memoryKiB resident
 * @param cpuMillis used since it was started, in user and kernel mode
 */
public record Sample(Duration at, long memoryKiB, int descriptors, int threads, long cpuMillis) {}
