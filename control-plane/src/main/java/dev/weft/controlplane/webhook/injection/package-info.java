/**
 * Layer 7, below {@code webhook}: what becomes of a pod that joins the mesh. Pure; free for any
 * thread.
 *
 * <p>A newcomer starts at {@link dev.weft.controlplane.webhook.injection.Injector}: a pod as a JSON
 * tree goes in, a changed copy, or the reason why there is none, comes out. The admission server
 * and {@code weft inject} use the same function. Imports {@code validate.yaml}, for the one
 * document that says what is injected, and Gson's trees.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.controlplane.webhook.injection;
