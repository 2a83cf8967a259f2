/**
 * The rules of {@code weft check}, a class per group: each holds what was gathered and says what is
 * wrong with it. Pure: no rule asks a cluster. Imports {@code finding}, fabric8's types, the
 * injector and the messages of the control plane's API.
 */
@NullMarked
package dev.weft.cli.check.rule;

import org.jspecify.annotations.NullMarked;
