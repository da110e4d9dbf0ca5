// The registry of this machine: the built-in providers, under the machine's rules.
// SPDX-License-Identifier: Apache-2.0

import HisiliconQueue
import HisiliconZip
import LinuxSystem
import OpenSSLProvider
import WarpDriveQueue
import ZlibProvider

extension Registry {
  /// A registry with the built-in providers and the rules of this machine.
  ///
  /// Nothing is opened or tested yet: a provider's library is opened, and a driver tested, when it is first used. The
  /// accelerator's drivers of both paths run on `device` where one is named, else on that of a host of this machine. Else
  /// the user path runs on what the kernel gives to programs, where it does (uacce), and what is left on a model in this
  /// process, which is made with its first use and ranks below all software.
  ///
  /// - Parameters:
  ///   - configuration: the rules; nil for those of this machine, see ``MachineConfiguration/current()``.
  ///   - kinds: the kinds the program will ask for; providers that have none of them are left out, which saves the
  ///     time their registration takes. Nil for all.
  ///   - device: an accelerator that this process drives itself; nil for what the machine has to offer.
  /// - Throws: `ProviderError.Code.invalidArgument` for a malformed policy file, `ProviderError.Code.unavailable`
  ///   for one that cannot be read, and what registering a provider throws.
  public static func standard(
    configuration: MachineConfiguration? = nil, kinds: [AlgorithmKind]? = nil, device: StandardDevice? = nil
  ) throws(ProviderError) -> Registry {
    var settings: MachineConfiguration
    if let configuration { settings = configuration } else { settings = try .current() }
    let registry = Registry(configuration: settings.registry, policy: settings.policy)
    let zlib = ZlibProvider(idleContexts: 2 * Processor.onlineCount)
    func isWanted(_ served: [AlgorithmKind]) -> Bool { kinds.map { served.contains(where: $0.contains) } ?? true }
    if isWanted([.compression, .hash]) { try registry.register(zlib) }
    if isWanted([.hash, .mac, .cipher, .aead, .random]) { try registry.register(OpenSSLProvider()) }
    if isWanted([.compression]) {
      for provider in acceleratorProviders(device, ZipSoftware(zlib)) { try registry.register(provider) }
    }
    return registry
  }

  /// The kernel path's and the user path's drivers of the accelerator that there is.
  private static func acceleratorProviders(_ device: StandardDevice?, _ software: ZipSoftware) -> [any Provider] {
    if device == nil, let host = HostedAccelerator.usual() {
      let isEmulated = host.isEmulated
      return [
        RemoteKernelPathProvider(source: host.path, isEmulated: isEmulated, software: software) {
          (request, input) throws(ProviderError) in try host.ask(request, input)
        },
        WarpDriveZipProvider(source: host.path, isEmulated: isEmulated, software: software) {
          (capability) throws(QueueError) in try host.request(capability)
        },
      ]
    }
    let hardware = device == nil ? kernelQueues(software) : nil
    let device = device ?? .model()
    let accelerator = OwnAccelerator(device)
    return [
      HisiliconZipProvider(source: device.name, isEmulated: device.isEmulated, software: software) {
        () throws(QueueError) in try accelerator.device()
      },
      hardware
        ?? WarpDriveZipProvider(source: device.name, isEmulated: device.isEmulated, software: software) {
          (capability) throws(QueueError) in try accelerator.request(capability)
        },
    ]
  }

  /// The user path on devices whose queues the kernel gives to programs; nil on a machine without one of ours.
  private static func kernelQueues(_ software: ZipSoftware) -> WarpDriveZipProvider? {
    let source = UACCESource()
    let adapters = AdapterTable([HisiliconAdapter()])
    let isOurs = (try? source.devices())?.contains { (try? adapters.adapter(for: $0.deviceAPI)) != nil } ?? false
    guard isOurs else { return nil }
    return WarpDriveZipProvider(source: "/sys/class/uacce", isEmulated: false, software: software) {
      (capability) throws(QueueError) in try Queue.request(capability, from: [source], adapters: adapters)
    }
  }
}

extension ZipSoftware {
  /// zlib's drivers.
  fileprivate init(_ zlib: ZlibProvider) {
    let drivers = zlib.drivers.compactMap { $0 as? any CompressionDriver }
    self.init { format in
      let name = format == .zlib ? "zlib-deflate" : format.name
      return drivers.first { $0.descriptor.name == name }
    }
  }
}
