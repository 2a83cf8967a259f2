/**
 * {@code weft soak}: long runs of the shipped distribution under load, each with one question that
 * has a figure for an answer. The main thread orders what happens; load and applications have
 * threads of their own. Imports {@code dev.weft.cli.demo.mesh} and {@code process}.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.soak;
