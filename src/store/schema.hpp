// The tables of results.db, version 1. Another layout is another version.
#pragma once

#include <array>

namespace edgelab::store {

inline constexpr char const* store_name = "edge-llm-lab store";

// At most one row. Made when there is one to keep: results of before audits have no such table.
inline constexpr char const* audit_table = "create table if not exists audit (audit_json text not null)";

inline constexpr std::array schema{
    "create table store (name text not null, version integer not null)",

    // One row.
    "create table run (experiment_yaml text not null, experiment_path text not null, plan_json text not null, "
    "environment_json text not null, started text not null, ended text not null, stopped_because text not null)",

    // id counts the trials in the order they ran; cell is an index into the plan's cells. seed is a decimal number as
    // text, because it has 64 bits without a sign.
    "create table trial (id integer primary key, kind text not null, block integer not null, position integer not null, "
    "cell integer not null, seed text not null, status text not null, reason text not null, started text not null, "
    "wall_ms double precision not null, model_bytes bigint, kv_cache_bytes bigint, compute_bytes bigint, "
    "rss_peak_bytes bigint)",

    // A trial that ended is there once. An interrupted one is run again, and both rows stay.
    "create unique index trial_once on trial (kind, block, cell) where status <> 'interrupted'",

    "create table metric (trial integer not null references trial (id), position integer not null, name text not null, "
    "value double precision not null, primary key (trial, position))",

    "create table in_force (trial integer not null references trial (id), flag text not null, value text not null, "
    "primary key (trial, flag))",

    // Apart from the trials, so that these can be read without paging through megabytes. For the bytes see
    // timeline_codec.hpp.
    "create table timeline (trial integer primary key references trial (id), columns blob not null)",
};

// Came later: a store that is written to gets them where it has none, and one that is read may have none. What was asked of a
// cell beside its trials, as JSON; what was found out by reading a text; and waits for the processor to
// cool.
inline constexpr std::array later{
    "create table if not exists pass (kind text not null, cell integer not null, status text not null, reason text not null, "
    "started text not null, wall_ms double precision not null, result text not null, primary key (kind, cell))",

    "create table if not exists quality_check (id integer primary key, kind text not null, cell integer not null, "
    "item text not null, status text not null, reason text not null, started text not null, wall_ms double precision not null, "
    "content text not null, unique (kind, cell, item))",

    // A block that an interruption cut in two may have been waited for twice.
    "create table if not exists cool_down (id integer primary key, block integer not null, position integer not null, "
    "started text not null, waited_s double precision not null, from_c double precision not null, "
    "to_c double precision not null, target_c double precision not null, reached integer not null)",
};

}  // namespace edgelab::store
