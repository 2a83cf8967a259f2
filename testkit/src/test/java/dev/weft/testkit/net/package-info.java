@org.jspecify.annotations.NullMarked
package dev.weft.testkit.net;
