/**
 * What a check has found: its stable id, how bad it is, where, and the remedy. Immutable values and
 * the list that collects them; imports nothing.
 */
@NullMarked
package dev.weft.cli.check.finding;

import org.jspecify.annotations.NullMarked;
