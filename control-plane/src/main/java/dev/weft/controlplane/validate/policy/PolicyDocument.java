package dev.weft.controlplane.validate.policy;

import dev.weft.proto.policy.v1.PolicyKey;

/**
 * A document without errors.
 *
 * @param manifest the name of the manifest that it stands in
 * @param document its number in that manifest, from 1
 * @param line where its name stands, from 1
 * @param json normalised: equal content is equal text
 */
public record PolicyDocument(
    String manifest, int document, int line, PolicyKey key, String json, PolicyObject object) {}
