/// The events to come, by their time: a binary heap. Of events at the same time, the first that was
/// added comes first.
struct EventQueue<Event> {
  private var heap: [(time: Double, number: Int, event: Event)] = []
  private var count = 0

  /// The time of the next event; infinity if there is none.
  var nextTime: Double { heap.first?.time ?? .infinity }

  mutating func add(_ event: Event, at time: Double) {
    heap.append((time, count, event))
    count += 1
    var child = heap.count - 1
    while child > 0, isBefore(child, (child - 1) / 2) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// Takes the next event, which there must be.
  mutating func removeFirst() -> Event {
    heap.swapAt(0, heap.count - 1)
    let event = heap.removeLast().event
    var parent = 0
    while true {
      var first = parent
      let (left, right) = (2 * parent + 1, 2 * parent + 2)
      if left < heap.count, isBefore(left, first) { first = left }
      if right < heap.count, isBefore(right, first) { first = right }
      if first == parent { return event }
      heap.swapAt(parent, first)
      parent = first
    }
  }

  private func isBefore(_ left: Int, _ right: Int) -> Bool {
    let (left, right) = (heap[left], heap[right])
    return left.time < right.time || left.time == right.time && left.number < right.number
  }
}
