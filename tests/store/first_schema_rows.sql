INSERT INTO models (id, name, created) VALUES (1, 'flights', '2026-01-01T00:00:00.000Z');
INSERT INTO spec_revisions VALUES (1, 1, '{"metric":"roc_auc"}', '2026-01-01T00:00:00.000Z', 'ada', '');
INSERT INTO versions VALUES (1, 1, 'abc', 'native', 'trained', '2026-01-01T00:00:00.000Z', NULL, NULL, NULL, NULL,
    NULL, '{}', '{}', '', NULL);
INSERT INTO runs (id, model_id, kind, state, verdict, why, who, arguments, queued, started, finished, pid)
VALUES (1, 1, 'nowtest', 'done', 'pass', 'nightly', 'ada', '{}', '2026-01-01T00:00:00.000Z',
    '2026-01-01T00:00:01.000Z', '2026-01-01T00:00:02.000Z', 7);
INSERT INTO measurements (run_id, model_id, version, check_name, metric, value, n, in_sample, at, moment)
VALUES (1, 1, 1, 'nowtest', 'roc_auc', 0.71, 100, 'no', '2026-01-01T00:00:02.000Z', '2026-01-01T00:00:02.000Z');
INSERT INTO production (model_id, site_id, number, champion, share, shadows, fallback, limits, at, who, why, forced,
    published)
VALUES (1, 1, 1, 1, 0.0, '[]', '["baseline"]', '{}', '2026-01-01T00:00:03.000Z', 'ada', 'first', 0,
    '2026-01-01T00:00:03.000Z');
