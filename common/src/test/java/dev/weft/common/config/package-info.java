@org.jspecify.annotations.NullMarked
package dev.weft.common.config;
