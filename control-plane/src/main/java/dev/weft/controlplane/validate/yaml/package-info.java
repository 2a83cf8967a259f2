/**
 * Layer 1, below {@code validate}: reads YAML and JSON strictly, into values that know where they
 * stand, and collects what is wrong with them. Knows nothing of any kind of document.
 *
 * <p>{@link dev.weft.controlplane.validate.yaml.YamlReader} reads; {@link
 * dev.weft.controlplane.validate.yaml.Obj} and {@link dev.weft.controlplane.validate.yaml.Place}
 * are what a decoder walks. A document belongs to the thread that decodes it; the rest is pure.
 * Imports {@code common.wire} (syntax), the messages of {@code weft.policy.v1} and
 * snakeyaml-engine.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.controlplane.validate.yaml;
