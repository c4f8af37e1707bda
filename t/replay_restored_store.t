#!/usr/bin/perl

# An old backup is put back.  What the lost store had accepted is not accepted
# once more, by whatever key and in whatever state the device was; who is
# honest is told, and goes on with the next request.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);

# s, that a device's clock may run ahead.
use constant AHEAD => 60;

my $t = SrvRegistrar->new(workers => 1);
my $client = $t->{client};

$t->start();

my @names = qw(ahead ed25519 held pending plain retired suspended unused);
my %device = map { $_ => $t->device($_) } @names;

for my $name (@names) {
    $device{$name}->enroll($name eq 'ed25519' ? (algorithm => $name) : ());
    is(outcome($device{$name}->register(1)), '200', "$name: registered");
}

# Keys that the backup knows as pending.
my %made = map { $_ => $device{$_}->rotate('')->{json} } qw(pending unused);

is($t->srvctl('suspend', $device{suspended}->fqdn), '', 'one is suspended');
is($t->srvctl('backup', $t->path('backup')), '', 'a backup is made');

# As if it were a day old, and made before the machine was started: leases go
# on from then, and by the clock of both times a signature may be good.
$t->write('dump', $t->srvctl('dump') =~ s/"time":\K(\d+)/$1 - 86400/er);


# What happens after it.

my $unused = $device{unused}->twin();

$unused->keep($made{unused});
$device{pending}->keep($made{pending});
is($t->srvctl('resume', $device{suspended}->fqdn), '', 'one is resumed');

my %sent = map { $_ => accepted($_) } @names;

# Signed, and kept from the registrar by somebody.
$sent{held} = $device{held}->signed_bytes('PATCH', '/v1/records', {});

is(outcome($device{retired}->enroll()), '200', 'one enrols again');
is(outcome($device{retired}->register(2)), '200', '... and uses its new key');
delete($device{retired});

my $later = $t->device('later');

$later->enroll();


subtest 'under a running nginx' => sub {
    my $begin = time();

    is($t->srvctl('restore', '--force', $t->path('backup')), '', 'restored');

    # Until nginx sees it: not known to the lost store either.
    my @early = map { $client->exchange($_)->{status} } values(%sent);

    is_deeply([grep { $_ !~ /^(?:401|403|503)$/ } @early], [],
        'nothing is accepted meanwhile');
    follows(1);
    refused($begin);
    go_on();
};


# Who has the writer's lock may be accepting something: the time is taken after
# that, and nobody gets the lock until the copy has its place.
subtest 'while somebody writes' => sub {
    my $data = $t->path('store/data.mdb');
    my $inode = (stat($data))[1];
    my $holder = open(my $hold, '-|', SrvRegistrar::BUILD . '/t/store_hold',
        $t->path('store'), 'write') // die("store_hold: $!");

    is(scalar(<$hold>), "held\n", 'the lock is held');

    open(my $restore, '-|', SrvRegistrar::BUILD . '/srvctl', '--store',
        $t->path('store'), 'restore', '--force', $t->path('backup'))
        // die("srvctl: $!");
    ok(wait_until(sub { glob($t->path('store/restore.*/lock.mdb')) }),
        'the copy is there');

    my $begin = time();

    wait_until(sub { time() > $begin + 2 });
    is((stat($data))[1], $inode, '... and waits');

    $begin = time();
    kill('KILL', $holder);
    close($hold);
    close($restore);
    is($?, 0, 'it takes its place');
    isnt((stat($data))[1], $inode, '... as another file');
    follows(2);
    refused($begin);
    go_on();
};


# Whoever looks into such a file is ended by SIGBUS.
subtest 'instead of one that was cut short' => sub {
    $t->stop_nginx();
    truncate($t->path('store/data.mdb'), 12288) or die("data.mdb: $!");

    my $begin = time();

    is($t->srvctl('restore', $t->path('backup')), '', 'restored');
    $t->start();
    follows(2);
    refused($begin);
    go_on();
};


subtest 'from a dump of yesterday' => sub {
    my @files = map { $t->path($_) } qw(store dump);

    $t->stop_nginx();
    unlink(glob($t->path('store/*')));

    my $begin = time();

    is(SrvRegistrar::run('/bin/sh', '-c', 'exec "$0" --store "$1" load <"$2"',
        SrvRegistrar::BUILD . '/srvctl', @files), '', 'loaded');
    $t->start();
    follows(2);
    refused($begin);
    go_on();
};

# The mark of the copy tells the time where the machine runs since then; in
# general nothing does.
subtest 'by a clock that is behind' => sub {
    $t->stop_nginx();
    $t->write('behind', -86400);

    my $begin = time();

    {
        local $t->{preload} = SrvRegistrar::BUILD . '/t/clock_ahead.so';
        local $ENV{CLOCK_AHEAD} = $t->path('behind');

        like($t->with_sanitizers(sub {
            $t->srvctl('restore', $t->path('backup'))
        }), qr/the clock is wrong: it stands 86[34]\d\d s before/, 'is told');
        is($?, 0, '... and restored');
    }

    $t->start();
    follows(2);

    # By the seconds since the boot, of which the mark has whole ones: that may
    # be a second before our clock, or behind it.
    my $restored = time();

    wait_until(sub { time() > $restored + 1 });
    refused($begin - 1);
};

like($t->srvctl('check'), qr/ damaged 0$/m, 'the store is whole');

done_testing();


# Sent with the clock of now, or as far ahead as is taken; the bytes.

sub accepted
{
    my ($name) = @_;

    my $device = $device{$name};

    $device->{last} = time() + AHEAD - 5 if $name eq 'ahead';
    is(outcome($device->patch({})), '200', "$name: accepted");

    my $sent = $device->{sent};

    is(outcome($client->exchange($sent)), '401 stale-signature', '... once');

    return $sent;
}


# nginx, to the copy by which the store was replaced for the nth time.

sub follows
{
    my ($nth) = @_;

    ok(wait_until(sub {
        $t->read('error.log') =~ /(?:was replaced.*){$nth}/s
            && outcome($later->show(sign => { created => time() }))
                eq '401 unknown-key'
    }), 'nginx follows');
}


# All that was signed before, by keys as the copy knows them.

sub refused
{
    my ($begin) = @_;

    is($t->srvctl('resume', $device{suspended}->fqdn), '', 'resumed');

    for my $name (sort(keys(%sent))) {
        my $reply = $client->exchange($sent{$name});
        my $last = $reply->{json}{last_created};

        is(outcome($reply), '401 stale-signature', "$name: refused");
        cmp_ok($last, '>=', $begin + AHEAD, '... with all that can have been '
            . 'accepted');
        cmp_ok($last, '<=', time() + AHEAD, '... and no more');
    }
}


# An honest device needs one more request.

sub go_on
{
    my @devices = ((map { $device{$_} } sort(keys(%device))), $unused);
    my @replies = map { $_->patch({}, sign => { created => time() }) } @devices;

    is_deeply([grep { $_ ne '401 stale-signature' } map { outcome($_) }
            @replies], [], 'all are told');
    is($replies[0]{headers}{'retry-after'}, 1, '... to come again');

    # Not one after the other, or they would wait for each other, too.
    $devices[0]->catch_up($replies[0]);
    $devices[$_]{last} = $replies[$_]{json}{last_created} for 1 .. $#devices;

    is(outcome($_->patch({})), '200', "$_->{name} goes on") for @devices;
}
