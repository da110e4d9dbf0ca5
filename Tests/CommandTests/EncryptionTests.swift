// `wdprov encrypt` and `wdprov decrypt`: files, streams, keys, and what is left behind.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite("Files are encrypted, and decrypted only as they were")
struct EncryptionTests {
  private static let algorithms: [String] = ["gcm(aes)", "rfc7539(chacha20,poly1305)"]
  private static let chunk: Int = 65_536
  private static let keyDigits = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

  let folder: TemporaryFolder
  let tool: Tool

  init() throws {
    folder = try TemporaryFolder()
    tool = Tool(folder)
    try folder.create("key", Data(0..<32))
    try folder.set("key", mode: 0o600)
    try folder.create("other", Data(repeating: 7, count: 32))
    try folder.set("other", mode: 0o600)
  }

  /// The names in the folder but for the keys'.
  private var files: [String] {
    get throws { try folder.names.filter { $0 != "key" && $0 != "other" } }
  }

  // MARK: What is right

  @Test(
    "a file comes back with its mode and times, whatever its size and the algorithm",
    arguments: algorithms, [0, 1, chunk - 1, chunk, chunk + 1, 5 * chunk + 3])
  func roundTrip(algorithm: String, count: Int) throws {
    try folder.create("f", Sample.noise(count))
    let date = Date(timeIntervalSince1970: 1_000_000_000)
    try folder.set("f", mode: 0o640, modified: date)
    let encrypted = try tool.run("encrypt", "-a", algorithm, "--key-file", "key", "f")
    #expect(encrypted.status == 0 && encrypted.errors.isEmpty && encrypted.output.isEmpty, "\(encrypted)")
    #expect(try files == ["f.wdenc"])
    #expect(try folder.mode("f.wdenc") == 0o640 && folder.modified("f.wdenc") == date)
    let chunks = max(1, (count + Self.chunk - 1) / Self.chunk)
    #expect(try folder.contents("f.wdenc").count == 80 + count + 16 * chunks)
    let decrypted = try tool.run("decrypt", "--key-file", "key", "f.wdenc")
    #expect(decrypted.status == 0 && decrypted.errors.isEmpty, "\(decrypted)")
    #expect(try files == ["f"] && folder.contents("f") == Sample.noise(count))
    #expect(try folder.mode("f") == 0o640 && folder.modified("f") == date)
  }

  @Test("padding hides the length: files of many sizes are as long as each other, and come back")
  func padding() throws {
    for count in [0, 1, 4095] {
      try folder.create("f", Sample.noise(count))
      #expect(try tool.run("encrypt", "--padding", "4K", "--key-file", "key", "f").status == 0)
      #expect(try folder.contents("f.wdenc").count == 80 + 4096 + 16)
      #expect(try tool.run("decrypt", "--key-file", "key", "f.wdenc").status == 0)
      #expect(try folder.contents("f") == Sample.noise(count))
    }
    // More than a usual chunk has.
    #expect(try tool.run("encrypt", "--padding", "1M", "--key-file", "key", "f").status == 0)
    #expect(try folder.contents("f.wdenc").count == 80 + 1 << 20 + 16)
    #expect(try tool.run("decrypt", "-c", "--key-file", "key", "f.wdenc").output == Sample.noise(4095))
    for size in ["0", "1", "3", "8M", "-4"] {
      #expect(try tool.run("encrypt", "--padding", size, "--key-file", "key", "f").status == 64, "\(size)")
    }
  }

  @Test("pipes work in both directions, and -o, -c, -k and several files as in compress")
  func outputs() throws {
    let data = Sample.noise(3 * Self.chunk + 77)
    try folder.create("f", data)
    let pipe = try tool.shell(
      "cat f | $wdprov encrypt --key-file key | cat | $wdprov decrypt --key-file key - | cmp - f")
    #expect(pipe.status == 0, "\(pipe)")
    #expect(try tool.run("encrypt", "--key-file", "key", "-o", "out", "f").status == 0)
    #expect(try tool.run("decrypt", "--key-file", "key", "-o", "-", "out").output == data)
    #expect(try tool.run("decrypt", "--key-file", "key", "-c", "out").output == data)
    #expect(try files == ["f", "out"])
    try folder.create("g", Data("two".utf8))
    #expect(try tool.run("encrypt", "-k", "--key-file", "key", "f", "g").status == 0)
    #expect(try files == ["f", "f.wdenc", "g", "g.wdenc", "out"])
    #expect(try tool.run("decrypt", "-f", "--key-file", "key", "g.wdenc", "f.wdenc").status == 0)
    #expect(try files == ["f", "g", "out"] && folder.contents("g") == Data("two".utf8))
    let verbose = try tool.run("encrypt", "-v", "--key-file", "key", "g")
    #expect(verbose.errors.contains("g -> g.wdenc: 3 -> 99 bytes") && verbose.errors.contains("gcm-aes-openssl"))
  }

  @Test("a key may be bytes or digits, and comes from a pipe as well")
  func keyFiles() throws {
    let data = Sample.noise(1000)
    try folder.create("f", data)
    #expect(try tool.run("encrypt", "--key-file", "key", "f").status == 0)
    for digits in [Self.keyDigits, Self.keyDigits.uppercased(), Self.keyDigits + "\n"] {
      try folder.create("digits", Data(digits.utf8))
      try folder.set("digits", mode: 0o600)
      let outcome = try tool.run("decrypt", "--key-file", "digits", "-c", "f.wdenc")
      #expect(outcome.status == 0 && outcome.output == data && outcome.errors.isEmpty, "\(outcome)")
    }
    #expect(try tool.shell("$wdprov decrypt --key-file <(cat key) -c f.wdenc").output == data)
    try folder.set("key", mode: 0o640)
    let shared = try tool.run("decrypt", "--key-file", "key", "-c", "f.wdenc")
    #expect(shared.status == 0 && shared.output == data)
    #expect(shared.errors == "wdprov: key: others than its owner may use this file: 'chmod 600' keeps the key secret\n")
  }

  @Test("the memory is the same for any size", .enabled(if: Tool.isMeasured, "needs GNU time"))
  func memory() throws {
    func peak(_ megabytes: Int) throws -> Int {
      let line =
        "head -c \(megabytes)M /dev/zero | /usr/bin/time -f %M $wdprov encrypt --key-file key | "
        + "/usr/bin/time -f %M $wdprov decrypt --key-file key | wc -c"
      let outcome = try tool.shell(line)
      #expect(outcome.text == "\(megabytes << 20)\n", "\(outcome)")
      return outcome.errors.split(separator: "\n").compactMap { Int($0) }.max() ?? .max
    }
    let (small, large) = (try peak(1), try peak(96))
    #expect(large < small + 4096, "\(small) and \(large) KiB")
  }

  // MARK: Passphrases

  @Test("a passphrase from a file or a descriptor is the same one")
  func passphrases() throws {
    let data = Sample.noise(100_000)
    try folder.create("f", data)
    try folder.create("pass", Data("correct horse\n".utf8))
    #expect(try tool.run("encrypt", "--passphrase-file", "pass", "f").status == 0)
    #expect(
      try tool.shell("printf 'correct horse' | $wdprov decrypt --passphrase-fd 0 -c f.wdenc").output == data)
    #expect(try tool.shell("$wdprov decrypt --passphrase-fd 7 -c f.wdenc 7<pass").output == data)
    let wrong = try tool.shell("printf 'correct horse ' | $wdprov decrypt --passphrase-fd 0 f.wdenc")
    #expect(wrong.status == 65 && wrong.errors.contains("the passphrase is wrong"), "\(wrong)")
    #expect(try tool.run("decrypt", "--key-file", "key", "f.wdenc").status == 65)
    #expect(try files == ["f.wdenc", "pass"])
  }

  @Test("a passphrase is asked for on the terminal, twice, and not shown")
  func terminal() throws {
    try folder.create("f", Data("secret".utf8))
    try folder.create("ask.py", Data(Self.askingScript.utf8))
    let differing = try tool.shell("python3 ask.py 64 hunter2 hunter3 $wdprov encrypt f")
    #expect(differing.status == 0, "\(differing)\n\(differing.text)")
    #expect(differing.text.contains("the two passphrases differ"))
    #expect(!differing.text.contains("hunter") && differing.text.contains("echo is on"))
    #expect(try files == ["ask.py", "f"])
    // An interrupt while the terminal is silent leaves it as it was.
    let interrupted = try tool.shell("python3 ask.py -2 interrupt - $wdprov encrypt f")
    #expect(interrupted.status == 0, "\(interrupted)\n\(interrupted.text)")
    #expect(interrupted.text.contains("echo is on"))
  }

  /// Runs a command on a terminal of its own, answers its questions, and checks how it ends.
  private static let askingScript = """
    import fcntl, os, pty, select, signal, sys, termios
    expected, answers, command = int(sys.argv[1]), sys.argv[2:4], sys.argv[4:]
    terminal, slave = pty.openpty()
    pid = os.fork()
    if pid == 0:
        # A test's threads block signals, and so would what they start.
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for number in range(3):
            os.dup2(slave, number)
        os.execv(command[0], command)
    shown = b""
    def read(seconds):
        global shown
        if select.select([terminal], [], [], seconds)[0]:
            shown += os.read(terminal, 4096)
            return True
        return False
    def echoes():
        return termios.tcgetattr(slave)[3] & termios.ECHO != 0
    for number, answer in enumerate(answers):
        while shown.count(b": ") <= number:
            if not read(60):
                sys.exit(f"no question after {shown}")
        if echoes():
            sys.exit("the terminal shows what is typed")
        os.write(terminal, b"\\x03" if answer == "interrupt" else answer.encode() + b"\\n")
        if answer == "interrupt":
            break
    _, status = os.waitpid(pid, 0)
    while read(0.2):
        pass
    print(shown.decode(), "echo is on" if echoes() else "echo is off")
    code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    sys.exit(0 if code == expected else f"ended with {code}")
    """

  @Test("without a terminal somebody has to say where the key is (64)")
  func noTerminal() throws {
    try folder.create("f", Data("secret".utf8))
    let encrypted = try tool.shell("setsid -w $wdprov encrypt f")
    #expect(encrypted.status == 64 && encrypted.errors.contains("no terminal"), "\(encrypted)")
    #expect(try tool.run("encrypt", "--key-file", "key", "f").status == 0)
    let decrypted = try tool.shell("setsid -w $wdprov decrypt f.wdenc")
    #expect(decrypted.status == 64 && decrypted.errors.contains("name its file with --key-file"), "\(decrypted)")
    #expect(try files == ["f.wdenc"])
  }

  @Test("a descriptor that nobody opened is no passphrase, whatever number a file of the command's would get (74)")
  func closedDescriptor() throws {
    try folder.create("f", Data("a line that could be a passphrase\n".utf8))
    for number in 3...12 {
      let outcome = try tool.shell("exec \(number)<&-; exec $wdprov encrypt --passphrase-fd \(number) f")
      #expect(outcome.status == 74 && outcome.errors.contains("file descriptor \(number)"), "\(outcome)")
    }
    #expect(try files == ["f"])
  }

  // MARK: What is wrong

  @Test("what was changed, cut or continued exits with 65 and leaves no output")
  func corruption() throws {
    let data = Sample.noise(2 * Self.chunk + 9)
    try folder.create("f", data)
    #expect(try tool.run("encrypt", "--key-file", "key", "f").status == 0)
    let file = [UInt8](try folder.contents("f.wdenc"))
    let size = Self.chunk + 16
    func flipped(_ place: Int) -> [UInt8] {
      var file = file
      file[place] ^= 0x40
      return file
    }
    let head = file[..<80]
    var broken: [[UInt8]] = [0, 8, 9, 10, 11, 12, 15, 20, 50, 79, 80, 5000, 80 + size, file.count - 1].map(flipped)
    broken += [0, 7, 8, 79, 80, 95, 96, 80 + size - 1, 80 + size, 80 + 2 * size, file.count - 1].map {
      Array(file[..<$0])
    }
    broken += [file + [0], file + file, Array(head + file[(80 + size)...]), Array("plain".utf8)]
    broken.append(Array(head + file[(80 + size)..<(80 + 2 * size)] + file[80..<(80 + size)] + file[(80 + 2 * size)...]))
    for (number, bytes) in broken.enumerated() {
      try folder.create("f.wdenc", Data(bytes))
      let outcome = try tool.run("decrypt", "--key-file", "key", "f.wdenc")
      #expect(outcome.status == 65, "\(number): \(outcome)")
      #expect(outcome.errors.hasPrefix("wdprov: f.wdenc: "))
      #expect(try files == ["f.wdenc"])
      let stream = try tool.run("decrypt", "--key-file", "key", input: Data(bytes))
      #expect(stream.status == 65, "\(number): \(stream)")
      #expect(data.starts(with: stream.output) && stream.output.count.isMultiple(of: Self.chunk))
    }
  }

  @Test("every byte of a small file counts")
  func everyByte() throws {
    try folder.create("f", Data("small".utf8))
    #expect(try tool.run("encrypt", "--key-file", "key", "f").status == 0)
    let file = try folder.contents("f.wdenc")
    for place in file.indices {
      var changed = file
      changed[place] ^= 1
      try folder.create("c\(place).wdenc", changed)
      try folder.create("t\(place).wdenc", file[..<place])
    }
    // One run each would take minutes: the command goes on with the next file after a failure.
    let outcome = try tool.shell("$wdprov decrypt --key-file key [ct]*.wdenc")
    #expect(outcome.status == 65)
    #expect(outcome.errors.split(separator: "\n").count == 2 * file.count)
    #expect(try folder.names.allSatisfy { $0.hasSuffix(".wdenc") || $0 == "key" || $0 == "other" })
  }

  @Test("the wrong key exits with 65, what is no key with 64, and nothing is left")
  func wrongKeys() throws {
    try folder.create("f", Data("secret".utf8))
    #expect(try tool.run("encrypt", "--key-file", "key", "f").status == 0)
    let wrong = try tool.run("decrypt", "--key-file", "other", "f.wdenc")
    #expect(wrong.status == 65 && wrong.errors.contains("the key is wrong"), "\(wrong)")
    for content in ["", "short", Self.keyDigits + "0", String(repeating: "x", count: 64), Self.keyDigits + "\n\n"] {
      try folder.create("bad", Data(content.utf8))
      try folder.set("bad", mode: 0o600)
      let outcome = try tool.run("decrypt", "--key-file", "bad", "f.wdenc")
      #expect(outcome.status == 64 && outcome.errors.contains("is no key"), "\(outcome)")
    }
    try FileManager.default.removeItem(atPath: folder.path("bad"))
    #expect(try tool.run("decrypt", "--key-file", "missing", "f.wdenc").status == 74)
    for content in ["", "\n", "two\nlines\n", String(repeating: "x", count: 4097)] {
      try folder.create("pass", Data(content.utf8))
      let outcome = try tool.run("encrypt", "--passphrase-file", "pass", "-c", "f.wdenc")
      #expect(outcome.status == 64 && outcome.output.isEmpty, "\(outcome)")
    }
    #expect(try files == ["f.wdenc", "pass"])
  }

  @Test("an output that exists is not overwritten without -f (73), and suffixes have to fit (64)")
  func names() throws {
    try folder.create("f", Data("new".utf8))
    try folder.create("f.wdenc", Data("old".utf8))
    for arguments in [["f"], ["-o", "f.wdenc", "f"]] {
      let outcome = try tool.run(["encrypt", "--key-file", "key"] + arguments)
      #expect(outcome.status == 73 && outcome.errors.contains("without -f"))
      #expect(try folder.contents("f.wdenc") == Data("old".utf8) && files == ["f", "f.wdenc"])
    }
    #expect(try tool.run("encrypt", "--key-file", "key", "f.wdenc").status == 64)
    #expect(try tool.run("decrypt", "--key-file", "key", "f").status == 64)
    #expect(try tool.run("encrypt", "-fk", "--key-file", "key", "f").status == 0)
    let refused = try tool.run("decrypt", "--key-file", "key", "f.wdenc")
    #expect(refused.status == 73)
    #expect(try folder.contents("f") == Data("new".utf8))
    #expect(try tool.run("decrypt", "-f", "--key-file", "key", "f.wdenc").status == 0)
    #expect(try files == ["f"] && folder.contents("f") == Data("new".utf8))
  }

  @Test(
    "wrong usage is 64",
    arguments: [
      ["--key-file", "key", "--passphrase-file", "key", "f"], ["--passphrase-fd", "0"],
      ["--passphrase-fd", "1", "f"], ["--passphrase-fd", "-1", "f"], ["--key-file", "key", "-o", "x", "f", "g"],
      ["--key-file", "key", "-c", "-o", "x", "f"], ["-a", "sha256", "--key-file", "key", "f"],
      ["-a", "gcm(aess)", "--key-file", "key", "f"], ["--key", "00", "f"], ["--passphrase", "x", "f"],
    ])
  func wrongUsage(arguments: [String]) throws {
    try folder.create("f", Data("x".utf8))
    for command in ["encrypt", "decrypt"] {
      let outcome = try tool.run([command] + arguments)
      #expect(outcome.status == 64 && outcome.output.isEmpty, "\(command) \(arguments): \(outcome)")
    }
    #expect(try files == ["f"])
  }

  @Test("a policy that denies the algorithm or its key size is obeyed (69)")
  func policy() throws {
    try folder.create("f", Data("x".utf8))
    for policy in [#"{"deny": ["gcm(aes)"]}"#, #"{"keySizes": {"gcm(aes)": [16]}}"#, #"{"allow": ["sha256"]}"#] {
      try folder.create("policy", Data(policy.utf8))
      let strict = Tool(folder, environment: ["WDPROV_CONFIG": folder.path("policy")])
      let outcome = try strict.run("encrypt", "--key-file", "key", "f")
      #expect(outcome.status == 69 && outcome.errors.contains("policy"), "\(outcome)")
    }
    #expect(try files == ["f", "policy"])
  }
}

extension Tool {
  /// Whether the size of processes can be measured and means something.
  fileprivate static let isMeasured = FileManager.default.isExecutableFile(atPath: "/usr/bin/time")
}
