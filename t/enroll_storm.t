#!/usr/bin/perl

# Many clients enrol at once, with one certificate and with many, while a
# device that works goes on working: its key does not die of what others do,
# nobody gets two names, and the limit turns away what is too much.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use POSIX ();
use Test::More;

use SrvRegistrar qw(outcome);

use constant CLIENTS => 8;
use constant TIMES   => 6;                   # enrolments of each

my $t = SrvRegistrar->new();

$t->configure(enroll => 'srv_registrar_enroll_limit 1m burst=4;',
    server => <<'END');
location = /free {
    srv_registrar enroll;
    srv_registrar_enroll_limit off;
}
END

my $device = $t->device('device');
my @others = map { "other$_" } 1 .. 4;

$t->device($_) for @others;
$t->start();
$device->enroll();
is(outcome($device->register(1)), '200', 'a device that works');


# Each client enrols as fast as it can; all replies, as [certificate, outcome,
# fqdn, keyid, key].

sub storm
{
    my ($door, @certs) = @_;

    my @pids;

    for my $client (0 .. CLIENTS - 1) {
        defined(my $pid = fork()) or die("fork: $!");
        push(@pids, $pid);
        next if $pid;

        my @replies;

        for (1 .. TIMES) {
            my $cert = $certs[($client + $_) % @certs];
            my $reply = $t->request('POST', $door, cert => $cert);
            my $json = $reply->{json} // {};

            push(@replies, [$cert, outcome($reply), $json->{fqdn},
                $json->{keyid}, $json->{key},
                $reply->{headers}{'retry-after'}]);
        }

        $t->write("storm.$client", JSON::PP::encode_json(\@replies));
        POSIX::_exit(0);
    }

    # meanwhile, and once more when it is over
    my %said;

    $said{works()}++ while grep { waitpid($_, POSIX::WNOHANG()) == 0 } @pids;
    $said{works()}++;

    is(join(' ', keys(%said)), '200', '... its key works all the time');

    return map { @{ JSON::PP::decode_json($t->read("storm.$_")) } }
        0 .. CLIENTS - 1;
}


# An update where the clock allows for one, and a look otherwise.

sub works
{
    return outcome($device->{last} < time() + 20 ? $device->patch({})
                                                 : $device->show());
}


my @replies = storm('/free', 'device');

is(join(' ', sort keys %{ { map { $_->[1] => 1 } @replies } }), '200',
    'one certificate, many times: all are answered');
is(join(' ', keys %{ { map { $_->[2] => 1 } @replies } }), $device->fqdn,
    '... with one name');
is(scalar(keys %{ { map { $_->[3] => 1 } @replies } }), scalar(@replies),
    '... and a key each');

my @alive = grep {
    my $twin = $device->twin();

    @{$twin}{qw(keyid key)} = @{$_}[3, 4];
    outcome($twin->show()) eq '200'
} @replies;

is(scalar(@alive), 1, '... of which the last is pending and the others dead');

@replies = storm('/v1/enroll', 'device', @others);

is(join(' ', sort keys %{ { map { $_->[1] => 1 } @replies } }),
    '200 201 429 too-many-enrollments', 'five certificates, with the limit');
is(scalar(grep { $_->[1] eq '201' } @replies), scalar(@others),
    '... each is enrolled for the first time once');
is(scalar(grep { $_->[1] =~ /^429/ && ($_->[5] // 0) < 1 } @replies), 0,
    '... and who comes too often is told when to come');

my %names;

$names{$_->[0]}{$_->[2]} = 1 for grep { defined($_->[2]) } @replies;
is(join(' ', map { scalar(keys(%$_)) } values(%names)), '1 1 1 1 1',
    '... and has one name');
is(scalar(keys %{ { map { %$_ } values(%names) } }), 5, '... of its own');

is($t->store_check()->{devices}, 5, 'the store has them, and no more');
like($t->srvctl('check'), qr/ damaged 0$/m, '... whole');

done_testing();
