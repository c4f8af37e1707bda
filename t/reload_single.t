#!/usr/bin/perl

# master_process off: two configurations live in one process for a while
# after a reload, and LMDB allows a process to open a store once only.
#
# nginx itself takes no new connections after such a reload (its new cycle has
# no connection structures), so devices keep theirs.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(wait_until);
use SrvRegistrar::Load;

my $t = SrvRegistrar->new(workers => 1);

$t->configure(
    main   => 'master_process off;',
    enroll => SrvRegistrar::Load->enroll_slot(),
);
$t->start(dnsd => 1);

my $pid = $t->{nginx}{pid};
my $load = SrvRegistrar::Load->new($t, clients => 3, devices => 8,
                                   pause => 0.02);

$load->start();
$load->wait_acknowledged(20);
is(descriptors(), 'data.mdb data.mdb lock.mdb', 'the store is open once');

my $socket = $t->{client}->connect() or die($@);

for my $times (1 .. 3) {
    kill('HUP', $pid);
    ok(wait_until(sub {
        $times == (() = $t->read('error.log') =~ /: reconfiguring$/mg)
    }), "reload $times");
    $load->wait_acknowledged($load->acknowledged() + 20);
    is(descriptors(), 'data.mdb data.mdb lock.mdb',
        'the store is still open once');
}

# The zone file of a new configuration is published, too.
$t->write("$t->{zone}.zone", SrvRegistrar::ZONE . "new A 192.0.2.99\n");
kill('HUP', $pid);
ok(wait_until(sub { $t->answers("new.$t->{zone}", 'A') =~ /192\.0\.2\.99/ }), 'a new zone file is published');

$load->stop();
note($load->summary());
is($load->{failed}, undef, 'no client died');
is_deeply([$load->journal('refused'), $load->journal('lost')], [],
    'every update was answered');
is_deeply([$load->missing($socket)], [], 'what was acknowledged is there');
close($socket);

# Not by TERM: nginx would post to thread pools that it has not started for
# the new configuration, and crash.
$t->stop_nginx('KILL');
is($t->store_check()->{damaged}, 0, 'no value is damaged');

done_testing();


# LMDB opens data.mdb twice.

sub descriptors
{
    return join(' ', sort map { (readlink($_) // '') =~ m{/(\w+\.mdb)$}
        ? $1 : () } glob("/proc/$pid/fd/*"));
}
