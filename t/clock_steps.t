#!/usr/bin/perl

# The server's clock jumps, stands still, or is in 1970 when the machine comes
# up: nobody who lives is lost within the hour, nobody lives for ever, and
# nginx and dnsd have the same time, whenever each of them was started.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome wait_until);

use constant YEARS => 10 * 365 * 86400;
use constant SHORT => 1800;                  # s, of a lease that ends
use constant LONG  => 86400;                 # of one that does not


# What the clocks of a bench are ahead of the machine's: {wall}, {boot}; and
# {stands}, which the wall clock does.

sub bench
{
    my $t = SrvRegistrar->new(workers => 1);

    # t/preload/clock_ahead.c, loaded into both programs.
    $t->{preload} = SrvRegistrar::BUILD . '/t/clock_ahead.so';
    # Names stay reserved for longer than the steps are.
    $t->configure(zone_base => 'ttl 1d; lease 1s 2h 1d; reserve 50y; '
        . 'service _xmpp-server._tcp; allow_address 127.0.0.0/8;');
    $t->allow_log(qr/clock/);
    $t->{clock} = { wall => 0, boot => 0 };
    set($t);
    $t->write('boot', "11111111-1111-1111-1111-111111111111\n");
    start($t);

    for my $name (qw(long short)) {
        $t->{$name} = $t->device($name);
        $t->{$name}->enroll();
        $t->{"$name put"} = put($t, $name);
    }

    is(live($t), 'long short', 'both are published');
    agree($t);

    return $t;
}


sub start
{
    my ($t) = @_;

    local $ENV{CLOCK_AHEAD} = $t->path('wall');
    local $ENV{BOOTTIME_AHEAD} = $t->path('ahead');
    local $ENV{BOOT_ID} = $t->path('boot');

    $t->start() if !$t->{nginx};
    wait_until(sub { $t->store_check()->{zones} });
    $t->with_sanitizers(sub {
        $t->start_dnsd('--sandbox=off', '--threads', 1)
    }) if !$t->{dnsd};
}


# Each of these programs anew, with what the clocks say now.

sub restart
{
    my ($t, @programs) = @_;

    for (@programs) {
        $t->stop_nginx('QUIT') if $_ eq 'nginx';
        (delete $t->{dnsd})->stop() if $_ eq 'dnsd';
    }

    start($t);
}


sub set
{
    my ($t) = @_;

    my $clock = $t->{clock};

    $t->write('ahead.new', $clock->{boot});
    $t->write('wall.new', $clock->{stands} ? "=$clock->{stands}"
                                           : $clock->{wall});
    rename($t->path("$_.new"), $t->path($_)) for qw(ahead wall);
}


# So many seconds go by, and both programs look at the clock.  Half an hour at
# most: one may look between two files, and see a wall clock that wanders.

sub elapse
{
    my ($t, $seconds) = @_;

    $t->{clock}{$_} += $seconds for qw(wall boot);
    set($t);
    server_time($t);
    live($t);
}


# What the registrar takes for the time; and dnsd, by what is left of a lease.

sub server_time
{
    my ($t) = @_;

    return $t->{long}->show(sign => { created => 1 })->{json}{server_time};
}


sub dnsd_time
{
    my ($t, $name) = @_;

    my ($a) = $t->query($t->{$name}->fqdn, 'A')->answer or return -1;

    return $t->{"$name put"}{json}{expires_at} - $a->ttl;
}


sub agree
{
    my ($t, $name) = @_;

    my ($before, $dnsd, $after) = (server_time($t),
        dnsd_time($t, $name // 'long'), server_time($t));

    # each is asked in a second of its own, and a machine may be busy
    ok($dnsd >= $before - 2 && $dnsd <= $after + 2, 'both have the same time')
        or diag("nginx $before to $after, dnsd $dnsd");
}


sub live
{
    my ($t) = @_;

    return join(' ', grep {
        $t->query($t->{$_}->fqdn, 'A')->header->ancount
    } qw(long short));
}


# Registers by the registrar's time, as a device does that was told it.

sub put
{
    my ($t, $name) = @_;

    my $device = $t->{$name};
    my $now = server_time($t);
    my $last = $device->{last};

    $device->{last} = $now > $last ? $now : $last + 1;

    my $reply = $device->put({ lease => $name eq 'long' ? LONG : SHORT,
        services => [{ service => '_xmpp-server._tcp', port => 1 }] },
        sign => { created => $device->{last} });

    is(outcome($reply), '200', "$name is registered");

    return $reply;
}


sub alarmed
{
    my ($t) = @_;

    ok($t->wait_log(qr/\[error\].*the system clock says/), 'nginx tells');
    ok($t->{dnsd}->wait_log(qr/clock: the wall clock is more than an hour/),
        'dnsd tells');
}


subtest 'ten years ahead' => sub {
    my $t = bench();

    $t->{clock}{wall} += YEARS;
    elapse($t, 1);
    is(live($t), 'long short', 'the clock jumps: nothing happens');
    agree($t);
    alarmed($t);

    elapse($t, 600) for 1 .. 2;
    is(live($t), 'long short', '20 minutes later');
    agree($t);
    elapse($t, SHORT - 1000);
    is(live($t), 'long', 'a lease ends as it was granted');
    agree($t);

    elapse($t, 1500);
    is(live($t), 'long', 'an hour all but a little: who lives, lives');
    agree($t);
    $t->{'short put'} = put($t, 'short');
    is(live($t), 'long short', '... and comes');

    elapse($t, 1200);
    cmp_ok(server_time($t), '>', time() + YEARS - 60, 'then it is believed');
    is(live($t), '', 'what was registered before has ended');
    is(outcome($t->{short}->enroll()), '200', 'a device enrols');
    $t->{'short put'} = put($t, 'short');
    is(live($t), 'short', '... and is published');
    agree($t, 'short');
};

subtest 'ten years back' => sub {
    my $t = bench();

    $t->{clock}{wall} -= YEARS;
    elapse($t, 1);
    is(live($t), 'long short', 'the clock jumps: nothing happens');
    agree($t);
    alarmed($t);

    elapse($t, 600) for 1 .. 2;
    is(live($t), 'long short', '20 minutes later');
    elapse($t, SHORT - 1000);
    is(live($t), 'long', 'a lease ends as it was granted');
    agree($t);

    elapse($t, 1200) for 1 .. 4;
    is(live($t), 'long', 'the hour is over: that time is never believed');
    agree($t);
    restart($t, 'nginx');
    agree($t);
    restart($t, 'dnsd');
    agree($t);
    $t->{'short put'} = put($t, 'short');
    agree($t, 'short');

    elapse($t, LONG / 4) for 1 .. 4;
    is(live($t), '', 'after a day all leases have ended');
};

subtest 'a clock that stands still' => sub {
    my $t = bench();

    $t->{clock}{stands} = time();

    for (1 .. 12) {
        elapse($t, 299);
        $t->{'long put'} = put($t, 'long') if $_ == 6;
    }

    is(live($t), 'long short', 'an hour: nobody is lost');
    agree($t);

    elapse($t, 599) for 1 .. 9;
    is(live($t), 'long', 'but the short lease comes to its end');
    agree($t);
    alarmed($t);
    $t->{'short put'} = put($t, 'short');
    agree($t, 'short');

    elapse($t, LONG / 12) for 1 .. 13;
    is(live($t), '', 'and so does the long one');
};

subtest 'the machine comes up in 1970' => sub {
    my $t = bench();
    my $before = server_time($t);

    $_->stop() for delete $t->{dnsd};
    $t->stop_nginx('QUIT');

    open(my $uptime, '<', '/proc/uptime') or die;
    my ($up) = <$uptime> =~ /^(\d+)/;

    $t->{clock} = { wall => 30 - time(), boot => 30 - $up };
    set($t);
    $t->write('boot', "22222222-2222-2222-2222-222222222222\n");
    start($t);

    cmp_ok(abs(server_time($t) - $before), '<', 60, 'time goes on');
    is(live($t), 'long short', 'both are published');
    agree($t);
    alarmed($t);
    $t->{'long put'} = put($t, 'long');
    agree($t);

    elapse($t, 600) for 1 .. 2;
    is(live($t), 'long short', '20 minutes later');
    elapse($t, SHORT - 1000);
    is(live($t), 'long', 'a lease ends as it was granted');
    agree($t);

    $t->{clock}{wall} = $t->{clock}{boot} - 30 + $up;
    elapse($t, 1);
    is(live($t), 'long', 'the right time comes');
    agree($t);
};

subtest 'nginx is started anew within the hour' => sub {
    my $t = bench();

    $t->{clock}{wall} += YEARS;
    elapse($t, 1);
    elapse($t, 850) for 1 .. 2;
    restart($t, 'nginx');
    server_time($t);
    elapse($t, 1000) for 1 .. 2;

    $t->{$_} = put($t, $_ =~ /(\w+)/) for 'long put', 'short put';
    is(live($t), 'long short', 'what nginx grants, dnsd serves');
    agree($t);

    elapse($t, 1000) for 1 .. 2;
    cmp_ok(server_time($t), '>', time() + YEARS - 60,
        'nginx believes it later');
    is(outcome($t->{short}->enroll()), '200', 'a device enrols');
    $t->{'short put'} = put($t, 'short');
    agree($t, 'short');
};

done_testing();
