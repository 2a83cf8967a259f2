package dev.weft.sidecar.telemetry;

/** What tells one series of request metrics from another. */
record SeriesKey(Direction direction, String cluster, String route) {}
