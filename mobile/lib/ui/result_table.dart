import 'package:flutter/material.dart';

/// What edgelab_experiment_table says, word for word: nothing is computed here.
class ResultTable extends StatelessWidget {
  const ResultTable({super.key, required this.table});

  final Map<String, dynamic> table;

  @override
  Widget build(BuildContext context) {
    final blocks = table['blocks'] as int;
    return Column(
      crossAxisAlignment: CrossAxisAlignment.start,
      children: <Widget>[
        Text('${table['experiment']}: $blocks blocks, seed ${table['seed']}, stopped because: ${table['stopped_because']}'),
        for (final group in _maps(table['tables'])) ..._group(context, group),
        Text(
          blocks < 2
              ? 'One block gives no interval, so there is no conclusion to draw.'
              : 'Ratios are means over blocks with their 95 % interval, against ${table['baseline']}.',
        ),
      ],
    );
  }

  List<Widget> _group(BuildContext context, Map<String, dynamic> group) {
    return <Widget>[
      const SizedBox(height: 16),
      Text(
        '${group['model']} on ${group['executor']}, workload ${group['workload']}',
        style: Theme.of(context).textTheme.titleMedium,
      ),
      for (final round in _maps(group['rounds'])) _Round(round: round),
    ];
  }
}

class _Round extends StatelessWidget {
  const _Round({required this.round});

  final Map<String, dynamic> round;

  @override
  Widget build(BuildContext context) {
    final status = round['status'] as String;
    final reason = round['reason'] as String;
    final failed = round['failed'] as int;
    return Card(
      child: Padding(
        padding: const EdgeInsets.all(8),
        child: Column(
          crossAxisAlignment: CrossAxisAlignment.start,
          children: <Widget>[
            Text('${round['round']} (${round['category']})', style: Theme.of(context).textTheme.titleSmall),
            if (status != 'ok') Text('$status: $reason', style: TextStyle(color: Theme.of(context).colorScheme.error)),
            if (status == 'ok' && reason.isNotEmpty) Text('note: $reason'),
            if (status == 'ok' && failed > 0) Text('$failed trials failed; they are in no figure'),
            for (final figure in _maps(round['figures'])) _Figure(figure: figure),
          ],
        ),
      ),
    );
  }
}

class _Figure extends StatelessWidget {
  const _Figure({required this.figure});

  final Map<String, dynamic> figure;

  static const Map<String, Color> _tones = <String, Color>{'good': Colors.green, 'bad': Colors.red};

  @override
  Widget build(BuildContext context) {
    final ratio = figure['ratio'] as String?;
    final verdict = figure['verdict'] as String?;
    final detectable = figure['detectable'] as String?;
    final compared = <String>[
      if (ratio != null) ratio,
      if (verdict != null) verdict,
      if (detectable != null) '(one of $detectable would have been)',
    ].join(' ');
    return Padding(
      padding: const EdgeInsets.symmetric(vertical: 2),
      child: Wrap(
        spacing: 12,
        children: <Widget>[
          Text('${figure['heading']}: ${figure['value']}'),
          if (compared.isNotEmpty) Text(compared, style: TextStyle(color: _tones[figure['tone']])),
        ],
      ),
    );
  }
}

Iterable<Map<String, dynamic>> _maps(Object? list) => (list as List<dynamic>).cast<Map<String, dynamic>>();
