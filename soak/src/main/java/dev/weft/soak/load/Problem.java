package dev.weft.soak.load;

/**
 * Why a request failed.
 *
 * @param text for people
 * @param port where it was sent; 0 when it was sent nowhere
 * @param broken no answer came, because the connection ended
 * @param begun the response had begun, here or behind the application that was asked
 */
public record Problem(String text, int port, boolean broken, boolean begun) {}
