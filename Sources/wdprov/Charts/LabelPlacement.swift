// Where labels of charts stand so that they cover neither each other nor a mark.
// SPDX-License-Identifier: Apache-2.0

/// A rectangle in a chart's units.
struct ChartBox: Equatable {
  var left: Double
  var top: Double
  var width: Double
  var height: Double

  var right: Double { left + width }
  var bottom: Double { top + height }

  /// The area that both cover.
  func overlap(_ other: ChartBox) -> Double {
    max(0, min(right, other.right) - max(left, other.left)) * max(0, min(bottom, other.bottom) - max(top, other.top))
  }

  /// The area that lies outside `other`.
  func excess(of other: ChartBox) -> Double { width * height - overlap(other) }
}

/// Finds places for labels.
enum LabelPlacement {
  /// Moves the middles of labels in one column apart until each has `height`, each as near its wish as that allows.
  ///
  /// - Returns: the middles, in the order of the wishes, inside `room` where there is enough of it.
  static func column(_ wishes: [Double], height: Double, in room: ClosedRange<Double>) -> [Double] {
    /// Labels that touch: they move as one, about the mean of their wishes.
    struct Block {
      var members: [Int]
      var sum: Double
      var top: Double
    }
    func settled(_ block: Block) -> Block {
      var block = block
      let span = Double(block.members.count) * height
      let middle = block.sum / Double(block.members.count)
      block.top = max(room.lowerBound, min(middle - span / 2, room.upperBound - span))
      return block
    }
    var blocks: [Block] = []
    for index in wishes.indices.sorted(by: { (wishes[$0], $0) < (wishes[$1], $1) }) {
      var block = settled(Block(members: [index], sum: wishes[index], top: 0))
      while let above = blocks.last, above.top + Double(above.members.count) * height > block.top {
        blocks.removeLast()
        block = settled(Block(members: above.members + block.members, sum: above.sum + block.sum, top: 0))
      }
      blocks.append(block)
    }
    var middles = wishes
    for block in blocks {
      for (place, index) in block.members.enumerated() {
        middles[index] = block.top + (Double(place) + 0.5) * height
      }
    }
    return middles
  }

  /// A place for a label of `width` and `height` beside the point, where it covers least of what is there.
  ///
  /// - Parameters:
  ///   - point: the middle of a mark.
  ///   - obstacles: what should stay visible, with how much each unit of its area counts.
  ///   - room: outside of it a label would be cut off.
  static func beside(
    _ point: (x: Double, y: Double), width: Double, height: Double,
    obstacles: [(box: ChartBox, weight: Double)], in room: ChartBox
  ) -> ChartBox {
    var best: (box: ChartBox, cost: Double)?
    for (ring, distance) in [9.0, 17, 27, 40].enumerated() {
      let (x, y, diagonal) = (point.x, point.y, distance * 0.75)
      let middle = y - height / 2
      let corners: [(left: Double, top: Double)] = [
        (x + distance, middle), (x - distance - width, middle), (x - width / 2, y - distance - height),
        (x - width / 2, y + distance), (x + diagonal, y - diagonal - height), (x + diagonal, y + diagonal),
        (x - diagonal - width, y - diagonal - height), (x - diagonal - width, y + diagonal),
      ]
      for (order, corner) in corners.enumerated() {
        let box = ChartBox(left: corner.left, top: corner.top, width: width, height: height)
        var cost = Double(ring) * 30 + Double(order) * 0.5 + box.excess(of: room) * 20
        for obstacle in obstacles { cost += box.overlap(obstacle.box) * obstacle.weight }
        if cost < best?.cost ?? .infinity { best = (box, cost) }
      }
    }
    return best?.box ?? ChartBox(left: point.x, top: point.y, width: width, height: height)
  }
}
