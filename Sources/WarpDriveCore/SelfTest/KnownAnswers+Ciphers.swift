// Known answers of block ciphers and of ChaCha20, by algorithm name.
// SPDX-License-Identifier: Apache-2.0

extension KnownAnswers {
  /// The answers for the block or stream cipher `name`; empty for one that is not here.
  static func ciphers(_ name: String) -> [KnownAnswer] {
    switch name {
    case "aes":
      [
        cipher(
          key: "000102030405060708090a0b0c0d0e0f",
          iv: "",
          plaintext: "00112233445566778899aabbccddeeff",
          ciphertext: "69c4e0d86a7b0430d8cdb78070b4c55a",
          "FIPS 197 C.1"),
        cipher(
          key: "000102030405060708090a0b0c0d0e0f1011121314151617",
          iv: "",
          plaintext: "00112233445566778899aabbccddeeff",
          ciphertext: "dda97ca4864cdfe06eaf70a0ec0d7191",
          "FIPS 197 C.2"),
      ]
    case "camellia":
      [
        cipher(
          key: "0123456789abcdeffedcba9876543210",
          iv: "",
          plaintext: "0123456789abcdeffedcba9876543210",
          ciphertext: "67673138549669730857065648eabe43",
          "RFC 3713 appendix A"),
        cipher(
          key: "0123456789abcdeffedcba987654321000112233445566778899aabbccddeeff",
          iv: "",
          plaintext: "0123456789abcdeffedcba9876543210",
          ciphertext: "9acc237dff16d76c20ef7c919e3a7509",
          "RFC 3713 appendix A"),
      ]
    case "aria":
      [
        cipher(
          key: "000102030405060708090a0b0c0d0e0f",
          iv: "",
          plaintext: "00112233445566778899aabbccddeeff",
          ciphertext: "d718fbd6ab644c739da95f3be6451778",
          "RFC 5794 appendix A.1"),
        cipher(
          key: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
          iv: "",
          plaintext: "00112233445566778899aabbccddeeff",
          ciphertext: "f92bd7c79fb72e2f2b8f80c1972d24fc",
          "RFC 5794 appendix A.3"),
      ]
    case "sm4":
      [
        cipher(
          key: "0123456789abcdeffedcba9876543210",
          iv: "",
          plaintext: "0123456789abcdeffedcba9876543210",
          ciphertext: "681edf34d206965e86b3e94f536e4246",
          "GB/T 32907-2016 appendix A.1")
      ]
    case "des3_ede":
      [
        cipher(
          key: "0123456789abcdef23456789abcdef01456789abcdef0123",
          iv: "",
          plaintext: "54686520717566636b2062726f776e20666f78206a756d70",
          ciphertext: "a826fd8ce53b855fcce21c8112256fe668d5c05dd9b6b900",
          "SP 800-67 appendix B.1")
      ]
    case "chacha20":
      [
        cipher(
          key: "1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0",
          iv: "2a000000000000000000000000000002",
          plaintext:
            "2754776173206272696c6c69672c20616e642074686520736c6974687920746f7665730a446964206779726520616e64"
            + "2067696d626c6520696e2074686520776162653a0a416c6c206d696d737920776572652074686520626f726f676f7665"
            + "732c0a416e6420746865206d6f6d65207261746873206f757467726162652e",
          ciphertext:
            "62e6347f95ed87a45ffae7426f27a1df5fb69110044c0d73118effa95b01e5cf166d3df2d721caf9b21e5fb14c616871"
            + "fd84c54f9d65b283196c7fe4f60553ebf39c6402c42234e32a356b3e764312a61a5532055716ead6962568f87d3f3f77"
            + "04c6a8d1bcd1bf4d50d6154b6da731b187b58dfd728afa36757a797ac188d1",
          "RFC 8439 appendix A.2 vector 3")
      ]
    default: []
    }
  }

  static func cipher(
    key: String, iv: String, plaintext: String, ciphertext: String, _ source: String
  ) -> KnownAnswer {
    KnownAnswer(.cipher(key: key, iv: iv, plaintext: plaintext, ciphertext: ciphertext), source: source)
  }
}
