package dev.weft.controlplane.validate;

import dev.weft.controlplane.model.ObjectKey;
import dev.weft.controlplane.validate.yaml.Place;
import org.jspecify.annotations.Nullable;

/**
 * What a document refers to, and where it says so.
 *
 * @param kind the kind that it refers to
 * @param portAt where the port is named; null when none is
 * @param target whether a TrafficPolicy is attached there
 */
record Reference(
    String kind, ObjectKey key, Place at, int port, @Nullable Place portAt, boolean target) {}
