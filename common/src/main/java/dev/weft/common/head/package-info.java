/**
 * Layer 1: the one view of a message head that codecs fill and that routing, filters and encoders
 * read. A view is owned by the worker that serves its request; nothing here is shared between
 * threads. Imports nothing of Weft.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.common.head;
