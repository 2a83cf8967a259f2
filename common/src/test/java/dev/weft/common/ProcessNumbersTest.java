package dev.weft.common;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class ProcessNumbersTest {
  @Test
  void aNameWithParenthesesMovesNoField() {
    String stat = "7 (a) (b) S 1 2 3 4 5 6 7 8 9 10 150 25 0 0 20 0 1 0 99 1000 200";

    assertThat(ProcessNumbers.cpuSeconds(stat)).isEqualTo(1.75);
  }

  @Test
  void memoryIsInBytes() {
    assertThat(ProcessNumbers.residentBytes("VmPeak:\t  90 kB\nVmRSS:\t    64 kB\nRssAnon: 1 kB\n"))
        .isEqualTo(65_536);
  }

  @Test
  void whatTheKernelDoesNotSayIsNoNumber() {
    assertThat(ProcessNumbers.cpuSeconds("")).isNaN();
    assertThat(ProcessNumbers.residentBytes("")).isNaN();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void linuxSaysBothOfUs() {
    assertThat(ProcessNumbers.cpuSeconds()).isPositive();
    assertThat(ProcessNumbers.residentBytes()).isGreaterThan(1 << 20);
  }
}
