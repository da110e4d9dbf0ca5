// What the poller's thread and those who give it pages share.
// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Synchronization

/// The doorbell poller's thread, and the pages that it is to watch.
final class PollerState: Sendable {
  /// The longest sleep before the thread looks again, in nanoseconds: it bounds the wait, and costs nothing.
  private static let longestSleep: UInt64 = 60_000_000_000
  /// How often the thread looks at idle pages before it reads the clock.
  private static let looksPerClock = 32

  /// Opened when the thread has ended.
  let ended = Gate()
  private let clients: EventSet
  /// Wakes the thread for a change of its pages.
  private let news: EventCounter
  private let watched = Guarded(WatchedPages())
  /// Counts the changes of `watched`, so that looking for one takes no lock.
  private let changes = Atomic<UInt64>(0)
  private let isEnding = Atomic<Bool>(false)
  private let doorbells = Atomic<UInt64>(0)
  private let sleeps = Atomic<UInt64>(0)
  private let wakeUps = Atomic<UInt64>(0)

  init() throws(SystemError) {
    clients = try EventSet()
    news = try EventCounter()
    try clients.add(news)
  }

  var counters: PollerCounters {
    var counters = PollerCounters()
    counters.doorbells = doorbells.load(ordering: .relaxed)
    counters.sleeps = sleeps.load(ordering: .relaxed)
    counters.wakeUps = wakeUps.load(ordering: .relaxed)
    return counters
  }

  func attach(_ page: DoorbellPage) throws(SystemError) {
    try clients.add(page.wakeUp)
    page.queue.bind(page)
    let isWatched = watched.withLock { watched in
      if !watched.isClosed { watched.pages.append(page) }
      return !watched.isClosed
    }
    // A queue and its page refer to each other, which somebody has to end.
    if isWatched { tell() } else { page.queue.unbind(page) }
  }

  func detach(_ page: DoorbellPage, within nanoseconds: UInt64) -> Bool {
    let gate = watched.withLock { watched -> Gate? in
      guard let place = watched.pages.firstIndex(where: { $0 === page }) else { return nil }
      watched.pages.remove(at: place)
      let gate = Gate()
      watched.departures.append(gate)
      return gate
    }
    page.queue.unbind(page)
    guard let gate else { return true }
    // It was added when the page was attached.
    try? clients.remove(page.wakeUp)
    tell()
    return ended.isOpen || gate.wait(nanoseconds: nanoseconds)
  }

  /// Ends the thread, which does not wait for this.
  func end() {
    isEnding.store(true, ordering: .releasing)
    tell()
  }

  private func tell() {
    changes.wrappingAdd(1, ordering: .sequentiallyConsistent)
    news.signal()
  }

  /// The thread: looks at pages until it is told to end.
  func run() {
    var visits: [PageVisit] = []
    var seenChanges = UInt64.max
    var looks = 0
    var idleSince = MonotonicClock.now()
    var patience = DoorbellPoller.idleLimit
    while !isEnding.load(ordering: .acquiring) {
      let changes = changes.load(ordering: .acquiring)
      if changes != seenChanges {
        seenChanges = changes
        visits = take(visits)
      }
      if look(&visits, &patience) {
        (looks, idleSince) = (0, 0)
        continue
      }
      looks += 1
      guard looks >= Self.looksPerClock else { continue }
      looks = 0
      let now = MonotonicClock.now()
      if idleSince == 0 { idleSince = now }
      guard now - idleSince >= patience else {
        // Engines have what was found: one that waits for this processor gets it.
        if patience == DoorbellPoller.engineIdleLimit { Thread.yield() }
        continue
      }
      sleep(visits, seenChanges)
      idleSince = 0
    }
    let pages = watched.withLock { $0.close() }
    for page in pages { page.queue.unbind(page) }
    ended.open()
    // Whoever detaches from now on sees that the thread has ended, or its gate is opened here.
    let departures = watched.withLock { $0.takeDepartures() }
    for gate in departures { gate.open() }
  }

  /// Takes over the pages as they are now; those that are gone are not looked at any more.
  private func take(_ visits: [PageVisit]) -> [PageVisit] {
    let (pages, departures) = watched.withLock { ($0.pages, $0.takeDepartures()) }
    let present = pages.map { page in
      visits.first { $0.page === page } ?? PageVisit(page: page)
    }
    for gate in departures { gate.open() }
    return present
  }

  /// Looks at every page once.
  ///
  /// - Parameter patience: how long to look on before sleeping, in nanoseconds, changed by what is found.
  /// - Returns: whether anything was found.
  private func look(_ visits: inout [PageVisit], _ patience: inout UInt64) -> Bool {
    var isBusy = false
    for index in visits.indices {
      guard visits[index].hasNews else { continue }
      isBusy = true
      doorbells.wrappingAdd(1, ordering: .relaxed)
      switch visits[index].visit() {
      case .delegated: patience = DoorbellPoller.engineIdleLimit
      case .answered, .unfinished: patience = DoorbellPoller.idleLimit
      // What is consumed says nothing about what comes next.
      case .obeyed: break
      }
    }
    return isBusy
  }

  /// Sleeps until a client signals.
  private func sleep(_ visits: [PageVisit], _ seenChanges: UInt64) {
    for index in visits.indices { visits[index].page.setSleeping(true) }
    defer {
      for index in visits.indices { visits[index].page.setSleeping(false) }
    }
    // A client that did not see the word rang before this look. The loads must not be done before the stores.
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    for index in visits.indices where visits[index].hasNews { return }
    guard changes.load(ordering: .sequentiallyConsistent) == seenChanges else { return }
    sleeps.wrappingAdd(1, ordering: .relaxed)
    if clients.wait(nanoseconds: Self.longestSleep) { wakeUps.wrappingAdd(1, ordering: .relaxed) }
  }
}

/// The pages that a poller is to watch, under a lock.
private struct WatchedPages {
  var pages: [DoorbellPage] = []
  /// Opened once the thread has taken over a list without the pages that were detached.
  var departures: [Gate] = []
  /// Whether the thread has ended.
  private(set) var isClosed = false

  /// Gives all pages up.
  mutating func close() -> [DoorbellPage] {
    isClosed = true
    defer { pages = [] }
    return pages
  }

  mutating func takeDepartures() -> [Gate] {
    defer { departures = [] }
    return departures
  }
}

/// A page as the poller's thread knows it.
private struct PageVisit {
  let page: DoorbellPage
  /// The words as they were at the last visit.
  private var submission: UInt64?
  private var completion: UInt64?
  /// Whether the last visit left something to answer.
  private var isUnfinished = false

  init(page: DoorbellPage) {
    self.page = page
  }

  /// Whether there is something to do.
  var hasNews: Bool {
    isUnfinished || page.submission != submission || page.completion != completion
  }

  /// Has the queue obey the words and answer a batch.
  ///
  mutating func visit() -> PollOutcome {
    // Read before the queue reads them: what changes in between is found at the next look.
    submission = page.submission
    completion = page.completion
    let outcome = page.queue.poll(page)
    isUnfinished = outcome == .unfinished
    return outcome
  }
}
