/**
 * Layer 2: which route a request takes and which backend of it: a table compiled once from a
 * virtual host and read by any number of workers, over the bytes of a head. Hot: no lock, no
 * allocation, no string, but for regular expressions. Imports {@code common.config} and {@code
 * common.head}.
 */
@org.jspecify.annotations.NullMarked
package dev.weft.common.route;
