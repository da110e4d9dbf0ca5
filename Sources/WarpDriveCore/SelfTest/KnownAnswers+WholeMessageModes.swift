// Known answers of the modes whose messages are one request, by algorithm name.
// SPDX-License-Identifier: Apache-2.0

extension KnownAnswers {
  /// The answers for the mode `name`; empty for one that is not here.
  static func wholeMessageModes(_ name: String) -> [KnownAnswer] {
    switch name {
    case "xts(aes)":
      [
        cipher(
          key: "1111111111111111111111111111111122222222222222222222222222222222",
          iv: "33333333330000000000000000000000",
          plaintext: "4444444444444444444444444444444444444444444444444444444444444444",
          ciphertext: "c454185e6a16936e39334038acef838bfb186fff7480adc4289382ecd6d394f0",
          "IEEE 1619-2007 annex B vector 2"),
        cipher(
          key: "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0",
          iv: "9a785634120000000000000000000000",
          plaintext: "000102030405060708090a0b0c0d0e0f10",
          ciphertext: "6c1625db4671522d3d7599601de7ca09ed",
          "IEEE 1619-2007 annex B vector 15, OpenSSL evpciph_aes_common.txt:1109"),
      ]
    case "cts(cbc(aes))":
      [
        cipher(
          key: "636869636b656e207465726979616b69",
          iv: "00000000000000000000000000000000",
          plaintext: "4920776f756c64206c696b652074686520",
          ciphertext: "c6353568f2bf8cb4d8a580362da7ff7f97",
          "RFC 3962 appendix B"),
        cipher(
          key: "636869636b656e207465726979616b69",
          iv: "00000000000000000000000000000000",
          plaintext: "4920776f756c64206c696b65207468652047656e6572616c20476175277320",
          ciphertext: "fc00783e0efdb2c1d445d4c8eff7ed2297687268d6ecccc0c07b25e25ecfe5",
          "RFC 3962 appendix B"),
      ]
    case "cts(cbc(camellia))":
      [
        cipher(
          key: "a7edcd5397ea6d12b0aff4cb8daa57ad",
          iv: "00000000000000000000000000000000",
          plaintext: "6f2fc3c2a166fd8898967a83de9596d931",
          ciphertext: "842d21fd950311c0dd464a3f4be8d6da88",
          "RFC 6803 section 10"),
        cipher(
          key: "1d5147f34bb001a04a68a71346e7654e0223a60d90bc2b79b4d87956d47cd42a",
          iv: "00000000000000000000000000000000",
          plaintext:
            "644def38da35007275878d216855e228333020627974657320627974657320627974657320627974657320627974",
          ciphertext:
            "0e44680985855f2d1f1812529ca83bfd8e349de6fd9ada0baaa048d68e265febf34ad1255a344999ad37146887a6",
          "RFC 6803 section 10"),
      ]
    case "rfc3686(ctr(aes))":
      [
        cipher(
          key: "ae6852f8121067cc4bf7a5765577f39e00000030",
          iv: "0000000000000000",
          plaintext: "53696e676c6520626c6f636b206d7367",
          ciphertext: "e4095d4fb7a7b3792d6175a3261311b8",
          "RFC 3686 section 6 vector 1"),
        cipher(
          key: "7e24067817fae0d743d6ce1f32539163006cb6db",
          iv: "c0543b59da48d90b",
          plaintext: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
          ciphertext: "5104a106168a72d9790d41ee8edad388eb2e1efc46da57c8fce630df9141be28",
          "RFC 3686 section 6 vector 2"),
      ]
    case "kw(aes)":
      [
        cipher(
          key: "000102030405060708090a0b0c0d0e0f",
          iv: "1fa68b0a8112b447",
          plaintext: "00112233445566778899aabbccddeeff",
          ciphertext: "aef34bd8fb5a7b829d3e862371d2cfe5",
          "RFC 3394 section 4.1"),
        cipher(
          key: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
          iv: "28c9f404c4b810f4",
          plaintext: "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f",
          ciphertext: "cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21",
          "RFC 3394 section 4.6"),
      ]
    default: []
    }
  }
}
