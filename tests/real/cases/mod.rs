//! The list of cases, the slow ones first.

mod backups;
mod bad_days;
mod contract;
mod destroy;
mod every_kind;
mod hand_made;
mod identity;
mod kill;
mod lifecycle;
mod loss;
mod ownership;
mod permissions;
mod recovery_order;
mod rights;
mod scenarios;
mod servers_work;
mod spike;
mod stores;
mod total_loss;
mod trouble;
mod velero_day;
mod velero_server;
mod vendor;
mod volumes;

use crate::{Case, Place};
use futures::future::BoxFuture;
use std::time::Duration;

/// `case!(seconds, module::function)`: a case under its full name.
macro_rules! case {
    ($seconds:literal, $module:ident :: $function:ident) => {
        case(
            concat!(stringify!($module), "::", stringify!($function)),
            $seconds,
            |place| Box::pin($module::$function(place)),
        )
    };
}

/// Every case.
pub fn all() -> Vec<Case> {
    let mut all = of_a_loss();
    all.extend(vec![
        // Up to four minutes, on Velero's own clock.
        case!(
            600,
            velero_day::nothing_is_left_to_do_after_velero_worked_and_was_restarted
        ),
        case!(360, velero_day::what_a_schedule_hands_to_its_backups),
        case!(
            480,
            hand_made::a_cluster_made_by_hand_is_imported_and_planned_empty
        ),
        case!(240, backups::what_velero_wrote_is_what_is_told),
        case!(
            180,
            spike::planned_without_a_server_killed_and_resumed_elsewhere
        ),
        case!(
            300,
            kill::eight_cells_end_in_the_same_world_with_each_effect_once
        ),
        case!(
            120,
            lifecycle::apply_then_nothing_then_a_hand_edit_is_seen_and_repaired
        ),
        case!(
            360,
            every_kind::apply_then_plan_is_empty_for_every_kind_on_real_servers
        ),
        case!(
            120,
            rights::a_read_only_token_finds_drift_and_plans_unconfirmed
        ),
        case!(
            120,
            rights::a_missing_right_blocks_its_kind_and_not_the_rest
        ),
        case!(180, permissions::drift_works_with_the_role_of_its_page),
        case!(180, permissions::plan_works_with_the_role_of_its_page),
        case!(180, permissions::apply_works_with_the_role_of_its_page),
        case!(240, trouble::a_dead_api_server_is_unknown),
        case!(90, trouble::a_type_that_is_not_served_blocks_its_resources),
        case!(120, trouble::an_object_being_deleted_blocks),
        case!(
            180,
            identity::a_fresh_cluster_under_the_old_address_gets_nothing
        ),
        case!(
            150,
            identity::a_plan_for_one_cluster_is_not_applied_to_another
        ),
        case!(120, ownership::two_stacks_never_share_an_object),
        case!(120, ownership::marks_that_travel_own_nothing),
        case!(120, ownership::a_renamed_resource_keeps_its_object),
        case!(120, ownership::another_name_makes_the_new_one_first),
        case!(120, ownership::adoption_is_asked_for_and_ends_in_release),
        case!(150, destroy::a_namespace_goes_only_with_consent),
        case!(
            120,
            vendor::the_programs_own_objects_are_taken_by_the_server
        ),
        case!(
            180,
            velero_server::it_runs_as_declared_and_is_never_changed_under_a_backup
        ),
    ]);
    all.extend(of_the_sandbox());
    all.extend(of_the_harness());
    all
}

/// Whole ways back, the slowest of all.
fn of_a_loss() -> Vec<Case> {
    vec![
        case!(
            900,
            recovery_order::the_whole_cluster_first_and_controllers_last
        ),
        case!(900, total_loss::everything_comes_back),
        case!(900, total_loss::a_restore_that_died_is_made_once_more),
        case!(600, scenarios::on_the_day_of_the_loss),
    ]
}

/// What the sandbox is held to.
fn of_the_sandbox() -> Vec<Case> {
    vec![
        case!(540, contract::velero_on_both_sides),
        case!(240, contract::kubernetes_api_on_both_sides),
        case!(60, contract::buckets_on_both_sides),
        case!(480, contract::files_of_a_backup_on_both_sides),
        case!(480, contract::restores_on_both_sides),
    ]
}

/// What every other case takes for granted.
fn of_the_harness() -> Vec<Case> {
    vec![
        case!(400, loss::what_the_real_servers_do),
        case!(240, bad_days::each_is_told_and_the_good_one_found),
        case!(240, volumes::what_a_volume_holds_is_in_the_backup),
        case!(90, servers_work::start_serve_and_write_an_audit_log),
        case!(120, stores::a_store_answers_what_is_asked),
        case!(60, servers_work::proxy_holds_where_it_is_told),
        case!(120, servers_work::velero_starts),
    ]
}

fn case(name: &'static str, seconds: u64, run: fn(Place) -> BoxFuture<'static, ()>) -> Case {
    Case {
        name,
        limit: Duration::from_secs(seconds),
        run,
    }
}
