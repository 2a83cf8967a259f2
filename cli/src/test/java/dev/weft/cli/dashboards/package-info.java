/**
 * The dashboards and alerting rules of {@code deploy/k8s/dashboards}, and the guide of metrics,
 * held to what the programs export: a mesh in this process in which much goes wrong, and a real
 * Prometheus that scrapes it.
 */
@NullMarked
package dev.weft.cli.dashboards;

import org.jspecify.annotations.NullMarked;
