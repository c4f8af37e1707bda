#!/usr/bin/perl

# Metrics are of all workers, whichever of them is asked: what each did, what
# waits in each, and how far back the oldest snapshot is.  A worker that dies
# takes nothing with it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);
use SrvRegistrar::Disk;
use SrvRegistrar::Load;

use constant DEVICES => 16;
use constant MOST    => 500;

my $t = SrvRegistrar->new(workers => 2);
my $disk = SrvRegistrar::Disk->new($t);

$t->configure(
    http   => "srv_registrar_sweep 1s;\nlog_format pids '\$pid \$uri';",
    server => "access_log %%DIR%%/pids.log pids;\n"
        . 'location = /metrics { srv_registrar metrics; }',
    enroll => SrvRegistrar::Load->enroll_slot(),
);
$t->start();

my $load = SrvRegistrar::Load->new($t, clients => DEVICES, devices => 1);

$load->enroll();

my @devices = @{ $load->{fleet} };
my $shows = 0;

# Over a connection of its own each time: the kernel chooses.

until (both('/v1/records') || $shows == MOST) {
    $shows++;
    is(outcome($devices[0]->show()), '200', 'a look')
        if $shows % 10 == 0;
    $devices[0]->show() if $shows % 10;
}

ok(both('/v1/records'), "both workers have served, after $shows requests");

my $looks = 'srv_registrar_requests_total{door="records",result="ok",'
    . 'reason="ok"}';
my ($n, @said) = (0);

ok(wait_until(sub { metrics()->{$looks} == $shows }), 'all are counted');

until (both('/metrics') || $n++ == MOST) {
    push(@said, metrics()->{$looks});
}

is_deeply([grep { $_ != $shows } @said], [], '... whoever is asked');

subtest 'what waits' => sub {
    $disk->order('sync hold');

    my @sockets = map { $_->send_register(5000) } @devices;

    $disk->wait_held();
    ok(wait_until(sub { queue() == DEVICES }), 'all that wait')
        or diag(queue());
    $disk->order('');
    is_deeply([grep { $_ ne '200' }
        map { outcome($t->{client}->reply($_)) } @sockets], [], 'are answered');
    ok(wait_until(sub { queue() == 0 }), 'nobody waits');
};

subtest 'what was committed' => sub {
    my $m = metrics();

    is($m->{'srv_registrar_changes_total{change="enrolled"}'}, DEVICES,
        'enrolments');
    is($m->{'srv_registrar_changes_total{change="changed"}'}, DEVICES,
        'updates');
    is($m->{srv_registrar_commit_jobs_sum}, 2 * DEVICES, 'in commits');
    is($m->{srv_registrar_commit_jobs_count},
        $m->{'srv_registrar_commits_total{result="ok"}'}, '... each counted');
    cmp_ok($m->{srv_registrar_commit_jobs_count}, '<', 2 * DEVICES,
        '... some of several');
    ok(wait_until(sub {
        metrics()->{srv_registrar_store_used_bytes}
            == -s $t->path('store/data.mdb')
    }), 'the store as large as its file');
};

subtest 'a snapshot that is held' => sub {
    my $pid = open(my $hold, '-|', SrvRegistrar::BUILD . '/t/store_hold',
                   $t->path('store')) // die("store_hold: $!");

    is(scalar(<$hold>), "held\n", 'by another process');
    is(outcome($devices[0]->register(6000 + $_)), '200', 'an update')
        for 1 .. 5;
    ok(wait_until(sub {
        metrics()->{srv_registrar_store_oldest_reader_commits} == 5
    }), 'how far back it is');

    kill('KILL', $pid);
    waitpid($pid, 0);
};

subtest 'a worker is killed' => sub {
    my ($victim) = $t->workers();
    my $before = metrics();

    $t->allow_log(qr/$victim exited on signal 9/);
    kill('KILL', $victim);
    ok(wait_until(sub {
        my @now = $t->workers();
        @now == 2 && !grep { $_ == $victim } @now;
    }), 'there is another');

    my $after = metrics();

    is($after->{$_}, $before->{$_}, $_) for $looks,
        'srv_registrar_changes_total{change="changed"}',
        'srv_registrar_commit_jobs_sum';
};

done_testing();


# Whether both workers have answered there.

sub both
{
    my ($uri) = @_;

    my %pids = map { (split(/ /))[0] => 1 }
        grep { / \Q$uri\E$/ } split(/\n/, $t->read('pids.log'));

    return keys(%pids) == 2;
}


sub metrics
{
    my %value = $t->request('GET', '/metrics')->{body}
        =~ /^([^#\s]\S*) (\S+)$/mg;

    return \%value;
}


sub queue { return metrics()->{srv_registrar_queue_jobs} }
