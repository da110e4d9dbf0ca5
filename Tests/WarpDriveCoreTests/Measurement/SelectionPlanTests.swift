// The plan as a function of a table: who serves which sizes.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import WarpDriveCore

@Suite("Selection plans")
struct SelectionPlanTests {
  private static let sizes = [64, 1024, 4096]

  /// Cells of one driver and level: a fixed and a proportional cost, and the output as a part of the input.
  private static func cells(
    _ driver: String, level: Int = 0, fixed: Double, perByte: Double, output: Double = 0.5, sizes: [Int] = sizes
  ) -> [MeasurementCell] {
    sizes.map { size in
      MeasurementCell(
        driver: driver, version: "1", level: level, size: size, inputBytes: Double(size),
        outputBytes: Double(size) * output, nanoseconds: fixed + perByte * Double(size))
    }
  }

  private static func plan(
    operation: MeasuredOperation = .compress, level: Int = 0, _ contenders: [Contender], _ cells: [MeasurementCell]
  ) -> SelectionPlan? {
    let table = MeasurementTable(name: "x", operation: operation, cells: cells)
    var maker = PlanMaker(table, contenders, baseline: (0, level), sizes: sizes)
    return maker?.plan()
  }

  private static let two = [Contender(driver: "a", version: "1"), Contender(driver: "b", version: "1")]

  @Test("the crossover is where the costs meet, to the byte")
  func crossover() throws {
    let cells =
      Self.cells("a", fixed: 1000, perByte: 1) + Self.cells("b", fixed: 200, perByte: 3)
    let plan = try #require(Self.plan(Self.two, cells))
    // a serves most sizes, and so those at which it takes up to 400 ns more: 1000 + n <= 200 + 3n + 400 from n = 200 on.
    #expect(plan.crossovers == [200])
    #expect(plan.segments.map(\.driver) == ["b", "a"])
    #expect(plan.segment(for: 1)?.driver == "b")
    #expect(plan.segment(for: 199)?.driver == "b")
    #expect(plan.segment(for: 200)?.driver == "a")
    #expect(plan.segment(for: 1 << 30)?.driver == "a")
  }

  @Test(
    "who serves most sizes serves those too at which another is faster by up to 3 %, or by 400 ns of a stream",
    arguments: [
      (MeasuredOperation.digest, 0.98, ["a"]), (.digest, 0.96, ["b", "a"]), (.decompress, 0.61, ["a"]),
      (.decompress, 0.59, ["b", "a"]),
    ])
  func favourite(operation: MeasuredOperation, gain: Double, drivers: [String]) throws {
    // a takes 1000 ns for the smallest size, b less; at all others b takes more.
    let cells =
      Self.cells("a", fixed: 936, perByte: 1)
      + Self.cells("b", fixed: 1000 * gain, perByte: 0, sizes: [64])
      + Self.cells("b", fixed: 1000, perByte: 1.5, sizes: [1024, 4096])
    #expect(Self.plan(operation: operation, Self.two, cells)?.segments.map(\.driver) == drivers)
  }

  @Test("who gives less than the ratio asked for does not compete, at any speed")
  func ratio() throws {
    let cells =
      Self.cells("a", level: 6, fixed: 1000, perByte: 1, output: 0.3)
      + Self.cells("b", level: 1, fixed: 1, perByte: 0.1, output: 0.31)
      + Self.cells("b", level: 2, fixed: 10, perByte: 0.2, output: 0.3)
      + Self.cells("b", level: 3, fixed: 20, perByte: 0.3, output: 0.2)
    let plan = try #require(Self.plan(level: 6, Self.two, cells))
    #expect(plan.segments == [.init(upTo: .max, driver: "b", level: 2)])
  }

  @Test("an output that is larger by less than a thousandth is no worse")
  func tolerance() throws {
    for (output, winner) in [(0.3002, "b"), (0.3004, "a")] {
      let cells =
        Self.cells("a", fixed: 1000, perByte: 1, output: 0.3)
        + Self.cells("b", fixed: 10, perByte: 0.2, output: output)
      #expect(Self.plan(Self.two, cells)?.segments.map(\.driver) == [winner])
    }
  }

  @Test("the ratio asked for is the reference's at each size: between two sizes it is taken to change evenly")
  func ratioBySize() throws {
    var cells = Self.cells("a", fixed: 1000, perByte: 1, output: 0.4)
    // b compresses worse at 64 bytes and better at 1024; it suffices from where the straight lines meet.
    cells += [
      MeasurementCell(
        driver: "b", version: "1", size: 64, inputBytes: 64, outputBytes: 64 * 0.4 + 100, nanoseconds: 1),
      MeasurementCell(
        driver: "b", version: "1", size: 1024, inputBytes: 1024, outputBytes: 1024 * 0.4 - 100, nanoseconds: 2),
      MeasurementCell(
        driver: "b", version: "1", size: 4096, inputBytes: 4096, outputBytes: 4096 * 0.4 - 100, nanoseconds: 3),
    ]
    let plan = try #require(Self.plan(Self.two, cells))
    #expect(plan.segments.map(\.driver) == ["a", "b"])
    // The middle of 64 and 1024 is 544; a thousandth of tolerance is a byte or two.
    #expect((540...544).contains(plan.crossovers[0]))
  }

  @Test("of equals the first in rank serves")
  func ties() {
    let cells = Self.cells("a", fixed: 100, perByte: 1) + Self.cells("b", fixed: 100, perByte: 0.995)
    #expect(Self.plan(Self.two, cells)?.segments.map(\.driver) == ["a"])
    #expect(Self.plan(Self.two.reversed(), cells)?.segments.map(\.driver) == ["b"])
  }

  @Test("in decompression and hashing the size of the output decides nothing")
  func otherOperations() {
    let cells =
      Self.cells("a", fixed: 100, perByte: 1, output: 0.1) + Self.cells("b", fixed: 10, perByte: 1, output: 4)
    #expect(
      Self.plan(operation: .decompress, Self.two, cells)?.segments == [.init(upTo: .max, driver: "b", level: nil)])
    #expect(Self.plan(operation: .digest, Self.two, cells)?.segments == [.init(upTo: .max, driver: "b", level: nil)])
  }

  @Test("requests above a driver's limit go to another")
  func limits() {
    let contenders = [Self.two[0], Contender(driver: "b", version: "1", maximumRequest: 2000)]
    let cells =
      Self.cells("a", fixed: 100, perByte: 1) + Self.cells("b", fixed: 1, perByte: 0.1, sizes: [64, 1024, 4096])
    #expect(Self.plan(contenders, cells)?.crossovers == [2001])
  }

  @Test("what was measured at one size alone serves that size alone, and the largest measured one stands for all above")
  func gaps() throws {
    let cells =
      Self.cells("a", fixed: 100, perByte: 1, sizes: [64, 1024])
      + Self.cells("b", fixed: 1, perByte: 0.1, sizes: [1024])
    let plan = try #require(Self.plan(Self.two, cells))
    #expect(plan.segments.map(\.driver) == ["a", "b"])
    #expect(plan.crossovers == [1024])
  }

  @Test("a handle keeps at most four contexts, and the one that serves the fewest sizes is the one it does without")
  func fewChoices() throws {
    var cells = Self.cells("a", fixed: 100_000, perByte: 100)
    for level in 1...6 {
      // Each level is the fastest for a part of the sizes.
      cells += Self.cells("b", level: level, fixed: Double(level * level * 60), perByte: 7 - Double(level))
    }
    let plan = try #require(Self.plan(Self.two, cells))
    #expect(Set(plan.segments.compactMap(\.level)).count == 4)
    #expect(plan.segments.allSatisfy { $0.driver == "b" })
  }

  @Test("without the reference's measurement there is no plan, and versions are not mixed")
  func noReference() {
    let cells = Self.cells("b", fixed: 1, perByte: 1)
    #expect(Self.plan(Self.two, cells) == nil)
    let newer = [Contender(driver: "a", version: "2"), Self.two[1]]
    #expect(Self.plan(newer, cells + Self.cells("a", fixed: 1, perByte: 1)) == nil)
  }

  @Test("cells that cannot be measurements are left out of a table")
  func implausible() {
    let good = Self.cells("a", fixed: 1, perByte: 1)
    var bad = good
    bad[0].nanoseconds = .nan
    bad[1].outputBytes = -1
    bad[2].size = 0
    #expect(MeasurementTable(name: "x", operation: .compress, cells: good + bad).cells == good)
  }

  @Test("a device's part has software beside it")
  func software() throws {
    let contenders = [Self.two[0], Contender(driver: "b", version: "1", isDevice: true)]
    let cells = Self.cells("a", fixed: 10, perByte: 10) + Self.cells("b", fixed: 2000, perByte: 1)
    let plan = try #require(Self.plan(contenders, cells))
    #expect(plan.segments.map(\.driver) == ["a", "b"])
    #expect(plan.software.map(\.driver) == ["a"])
  }
}
