import 'dart:async';

import 'package:edgelab_native/edgelab_native.dart';
import 'package:file_picker/file_picker.dart';
import 'package:flutter/material.dart';

import '../files.dart';
import '../hub/agent.dart';
import '../hub/join.dart';
import '../hub/model_cache.dart';
import '../run/awake.dart';
import 'scan_page.dart';

/// Joins a fleet, and shows what the device is asked to do.
class HubPage extends StatefulWidget {
  const HubPage({super.key, required this.files});

  final AppFiles files;

  @override
  State<HubPage> createState() => _HubPageState();
}

class _HubPageState extends State<HubPage> with WidgetsBindingObserver {
  final TextEditingController _address = TextEditingController();
  final TextEditingController _device = TextEditingController();
  HubAgent? _agent;
  Uint8List? _authority;
  String _authorityName = '';
  String _problem = '';

  static final RegExp _deviceId = RegExp(r'^[a-z0-9][a-z0-9-]{0,62}$');

  @override
  void initState() {
    super.initState();
    WidgetsBinding.instance.addObserver(this);
    unawaited(_proposeName());
  }

  @override
  void dispose() {
    WidgetsBinding.instance.removeObserver(this);
    _leaveFleet();
    _address.dispose();
    _device.dispose();
    super.dispose();
  }

  // In the background the phone holds cores back, and what it measured would be that.
  @override
  void didChangeAppLifecycleState(AppLifecycleState state) {
    if (state != AppLifecycleState.paused || _agent == null) return;
    _leaveFleet();
    setState(() {
      _agent = null;
      _problem = 'The app was not on the screen, so this device left the fleet.';
    });
  }

  void _leaveFleet() {
    final agent = _agent;
    if (agent == null) return;
    agent.removeListener(_changed);
    unawaited(_leave(agent));
  }

  static Future<void> _leave(HubAgent agent) async {
    await agent.leave();
    await screen.release();
  }

  Future<void> _proposeName() async {
    final facts = await Device.facts();
    if (mounted && _device.text.isEmpty) _device.text = HubAgent.deviceIdFrom(facts.model);
  }

  void _changed() {
    if (mounted) setState(() {});
  }

  Future<void> _pickCertificate() async {
    final picked = await FilePicker.pickFile();
    if (picked == null) return;
    final bytes = await picked.readAsBytes();
    if (!mounted) return;
    setState(() {
      _authority = bytes;
      _authorityName = picked.name;
    });
  }

  Future<void> _scan() async {
    final text = await Navigator.of(context).push<String>(MaterialPageRoute<String>(builder: (_) => const ScanPage()));
    if (text == null || !mounted) return;
    _address.text = text;
    await _join();
  }

  Future<void> _join() async {
    try {
      if (!_deviceId.hasMatch(_device.text)) {
        throw const FormatException('a device is named with small letters, digits and -, 63 at most');
      }
      final agent = HubAgent(
        address: JoinAddress.parse(_address.text),
        device: _device.text,
        cache: ModelCache(widget.files.cache),
        authority: _authority,
      );
      agent.addListener(_changed);
      setState(() {
        _agent = agent;
        _problem = '';
      });
      await screen.hold();
      await agent.stay();
    } on FormatException catch (error) {
      if (mounted) setState(() => _problem = error.message);
    }
  }

  @override
  Widget build(BuildContext context) {
    final agent = _agent;
    return Scaffold(
      appBar: AppBar(title: const Text('Hub')),
      body: ListView(padding: const EdgeInsets.all(16), children: agent == null ? _form(context) : _log(agent)),
    );
  }

  List<Widget> _form(BuildContext context) {
    return <Widget>[
      TextField(
        controller: _device,
        decoration: const InputDecoration(labelText: 'Name of this device'),
      ),
      TextField(
        controller: _address,
        autocorrect: false,
        decoration: const InputDecoration(labelText: 'edgelab://HOST:PORT/?token=TOKEN&ws=PORT&tls=1'),
      ),
      OutlinedButton(
        onPressed: () => unawaited(_pickCertificate()),
        child: Text(_authorityName.isEmpty ? "The hub's certificate, where it made one itself" : _authorityName),
      ),
      if (_problem.isNotEmpty) Text(_problem, style: TextStyle(color: Theme.of(context).colorScheme.error)),
      FilledButton(onPressed: () => unawaited(_scan()), child: const Text('Scan the QR code')),
      OutlinedButton(onPressed: () => unawaited(_join()), child: const Text('Join')),
    ];
  }

  List<Widget> _log(HubAgent agent) {
    return <Widget>[
      Text('${agent.device}: ${agent.status}'),
      const Text('Leave the app open and on the screen while it runs trials.'),
      const Divider(),
      for (final line in agent.log) Text(line),
    ];
  }
}
