/**
 * Certificates of the control plane's own endpoints: a small authority with an overlap at its
 * rotation, serving certificates that are renewed in memory, certificates of one's own files, and
 * those of a store's members. Not the authority of workloads (SPIFFE).
 *
 * <p>Threads: {@link dev.weft.controlplane.pki.CertificateAuthority} and {@link
 * dev.weft.controlplane.pki.FileIdentity} own one each, for what may block; what they publish is
 * read by any. Layer 0: imports nothing of the control plane.
 */
@NullMarked
package dev.weft.controlplane.pki;

import org.jspecify.annotations.NullMarked;
