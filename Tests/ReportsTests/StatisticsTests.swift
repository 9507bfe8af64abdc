import Reports
import Testing

/// Expected values are SciPy's: `2 * stats.t.sf(t, df)`, `stats.t.isf(p / 2, df)`,
/// `special.betainc(a, b, x)` and `stats.ttest_ind(b, a, equal_var=False)`.
@Suite("Statistics")
struct StatisticsTests {
  private func expectClose(_ observed: Double, _ expected: Double, relative: Double = 1e-10) {
    #expect(
      abs(observed - expected) <= relative * abs(expected), "\(observed), expected \(expected)")
  }

  @Test("The probabilities of Student's t are SciPy's, and the exact ones for one and two degrees")
  func probabilities() {
    let expected: [(t: Double, degrees: Double, p: Double)] = [
      (2.5, 4.5, 0.059905686502200545), (0.3, 1.7, 0.7968029183974501),
      (12, 3, 0.0012450158007893362), (40, 2.2, 0.00034231547656460564),
      (1.96, 1e6, 0.04999606758526985), (5, 300, 9.769154730247779e-07),
    ]
    for (t, degrees, p) in expected {
      let distribution = StudentDistribution(degreesOfFreedom: degrees)
      expectClose(distribution.twoSidedProbability(t), p, relative: 1e-9)
      #expect(distribution.twoSidedProbability(-t) == distribution.twoSidedProbability(t))
    }
    expectClose(StudentDistribution(degreesOfFreedom: 1).twoSidedProbability(1), 0.5)
    for t in [0.1, 1, 7.0] {
      let exact = 1 - t / (2 + t * t).squareRoot()
      expectClose(StudentDistribution(degreesOfFreedom: 2).twoSidedProbability(t), exact)
    }
    #expect(StudentDistribution(degreesOfFreedom: 3).twoSidedProbability(0) == 1)
    #expect(StudentDistribution(degreesOfFreedom: 3).twoSidedProbability(1e200) == 0)
  }

  @Test("The quantiles of Student's t are SciPy's")
  func quantiles() {
    let expected: [(p: Double, degrees: Double, t: Double)] = [
      (0.05, 1, 12.706204736174705), (0.05, 4, 2.7764451051977943),
      (0.05, 2.5, 3.5746548420036834), (0.01, 30, 2.749995653567226),
      (0.05, 1e5, 1.95998770753461),
    ]
    for (p, degrees, t) in expected {
      expectClose(StudentDistribution(degreesOfFreedom: degrees).twoSidedQuantile(p), t)
    }
  }

  @Test("The incomplete beta function is SciPy's")
  func incompleteBeta() {
    expectClose(regularizedIncompleteBeta(0.3, 2, 5), 0.579825)
    expectClose(regularizedIncompleteBeta(0.9, 0.5, 0.5), 0.7951672353008665)
    expectClose(regularizedIncompleteBeta(0.01, 30, 0.5), 1.0307815466209114e-61)
    expectClose(regularizedIncompleteBeta(0.5, 100, 100), 0.5)
    #expect(regularizedIncompleteBeta(0, 2, 3) == 0 && regularizedIncompleteBeta(1, 2, 3) == 1)
  }

  @Test("Welch's test is SciPy's")
  func welch() throws {
    let plain = [0.8684, 0.8724, 0.8645]
    let clear = try #require(WelchTest(plain, [0.9116, 0.9108, 0.9094]))
    expectClose(clear.t, 17.795732805243112)
    expectClose(clear.degreesOfFreedom, 2.3158858139028164)
    expectClose(clear.p, 0.001577059549377126)
    expectClose(clear.interval[0], 0.03319483190863726)
    expectClose(clear.interval[1], 0.051138501424696114)
    let unclear = try #require(WelchTest(plain, [0.8632, 0.8681, 0.8658]))
    expectClose(unclear.t, -1.0183389360975639)
    expectClose(unclear.p, 0.37648514520178616)
    // One side may be without noise.
    #expect(WelchTest(plain, [0.9, 0.9])?.degreesOfFreedom == 2)
  }

  @Test("Without noise there is no test")
  func withoutNoise() {
    #expect(WelchTest([0.8], [0.9]) == nil)
    #expect(WelchTest([0.8, 0.9], [0.9]) == nil)
    #expect(WelchTest([0.1, 0.1, 0.1], [0.3, 0.3, 0.3]) == nil)
    #expect(SampleMoments([0.8]).deviation == nil)
    expectClose(SampleMoments([2, 4, 4, 4, 5, 5, 7, 9]).deviation ?? 0, 2.138089935299395)
  }

  @Test("Holm's correction multiplies the smallest by all, and keeps the order")
  func holm() {
    let corrected = holmCorrected([0.01, 0.04, 0.03, 0.005])
    for (observed, expected) in zip(corrected, [0.03, 0.06, 0.06, 0.02]) {
      expectClose(observed, expected)
    }
    #expect(holmCorrected([0.7, 0.6]) == [1, 1])
    #expect(holmCorrected([0.04]) == [0.04] && holmCorrected([]).isEmpty)
  }
}
