package dev.weft.cli.check.finding;

/**
 * One thing that was looked at.
 *
 * @param subject what it is about, as in {@code pod shop/web-0}; empty: the whole
 * @param message a sentence that does not name the subject
 * @param remedy what to do; empty when all is well
 */
public record Finding(
    CheckId id, Severity severity, String subject, String message, String remedy) {}
