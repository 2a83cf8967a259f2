@org.jspecify.annotations.NullMarked
package dev.weft.testkit.history;
