#!/usr/bin/perl

# The configuration is read again many times a second while devices update,
# on new connections and on ones that are kept: no update fails, and no old
# worker leaves anything behind.  LONG=n reloads n times; 600 take a minute
# where nothing else is done.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);

use SrvRegistrar qw(wait_until);
use SrvRegistrar::Load;
use SrvRegistrar::Prober;

use constant RELOADS => $ENV{LONG} // 20;
use constant PERIOD  => SrvRegistrar::ASAN ? 0.6 : 0.1;      # s

my $t = SrvRegistrar->new();

alarm(240 + 2 * RELOADS);
$t->configure(enroll => SrvRegistrar::Load->enroll_slot());
$t->start(dnsd => 1);

my %some = (clients => 3, devices => 8, pause => 0.02);
my $fresh = SrvRegistrar::Load->new($t, %some, fresh => 1);
my $kept = SrvRegistrar::Load->new($t, %some);
my $prober = SrvRegistrar::Prober->start($t);

$_->start() for $fresh, $kept;
$_->wait_acknowledged(30) for $fresh, $kept;

my $readers = $t->readers();
my %seen = map { $_ => 1 } $t->workers();

# The next one when this one has made its two workers: signals that come
# faster than nginx reads its configuration become one.
for my $reload (1 .. RELOADS) {
    kill('HUP', $t->{nginx}{pid});
    sleep(PERIOD);
    wait_until(sub {
        $seen{$_} = 1 for $t->workers();
        keys(%seen) == 2 + 2 * $reload;
    }) or die("reload $reload: no new workers");
}

$_->wait_acknowledged($_->acknowledged() + 30) for $fresh, $kept;
$_->stop() for $fresh, $kept;
note('fresh: ', $fresh->summary());
note('kept: ', $kept->summary());

# On a busy machine a master gets several signals as one.
cmp_ok(scalar(keys(%seen)), '>', RELOADS / 4, 'there were many workers');
ok(wait_until(sub { $t->workers() == 2 }), 'the old ones have left');

for my $load ($fresh, $kept) {
    is($load->{failed}, undef, 'no client died');
    is_deeply([$load->journal('refused'), $load->journal('unconnected')], [],
        'no update was refused');

    # An old worker may close a connection between two requests; a client
    # sees that only when it sends the next, and sends it again.
    is_deeply([grep { $_->[4] eq 'fresh' } $load->journal('lost')], [],
        'none got no answer on a new connection');
    is_deeply([$load->missing()], [], 'what was acknowledged is there');
}

# What the server began to answer it has answered.
is(scalar(my @puts = $t->read('access.log') =~ /"PUT /g),
    $fresh->acknowledged() + $kept->acknowledged(),
    'no answer was lost on its way');
is_deeply($prober->stop(), [], 'dnsd answered all the time');

cmp_ok($t->readers(), '<=', $readers + 2, 'no reader slot is left behind');

my $check = $t->store_check();

is($check->{damaged}, 0, 'no value is damaged') or diag($check->{text});

done_testing();
