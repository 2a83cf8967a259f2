/**
 * Network namespaces and links between them that delay, lose, cut and trickle: frames are carried
 * by threads of the test between TAP devices, so that nothing of it needs the kernel's netem. For
 * root on Linux.
 */
@NullMarked
package dev.weft.testkit.net;

import org.jspecify.annotations.NullMarked;
