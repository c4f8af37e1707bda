package Bench::DnsFleet;

# Measures all servers with one fleet.  They are all started before the first
# is loaded, and take turns: whatever else the machine does meanwhile, they
# all have their share of it.

use strict;
use warnings;

use File::Path qw(make_path);

use Bench::DnsServer;
use Bench::Fleet;
use Bench::Table qw(median);
use SrvRegistrar::Process qw(free_port);

# Of an answer, where dnsd is not there to say it.
use constant REPLY_BYTES => 146;

# Before anything counts, each device's page should have been touched once; a
# slow server does not get that far, and it need not.
use constant WARM_SECONDS => 0.5;
use constant WARM_DEVICES => 3_000_000;        # more in each further second

# Few ports: in the open loop the client looks at each of them in turn.
use constant LATENCY => ('--sockets', 4, '--window', 1024);

# One query at a time, so that nothing is shared between packets.
use constant SINGLE => ('--sockets', 1, '--window', 1);


# build    where the programs are
# data     where fleets are kept
# dir      for servers' own files
# devices  of the fleet
# specs    of the servers
# options  of t/bench/dns
#
# Returns { devices, rate, rows => [{ name, first_ms, rss, own, full, single,
# latency }] }; the last three are lists of what Bench::DnsServer's load found.

sub measure
{
    my (%args) = @_;

    my $options = $args{options};
    my @servers = start_all(%args);
    my %rows = map { $_->{name} => {
        name => $_->{name}, first_ms => $_->{first_ms},
        echo => $_->{spec}{echo},
    } } @servers;

    for my $turn (1 .. $options->{runs}) {
        take_turns($turn, $options, \%rows, @servers);
        print(STDERR " $turn");
    }

    for my $server (@servers) {
        my $row = $rows{ $server->{name} };

        @{$row}{qw(rss own)} = @{ $server->memory() }{qw(rss own)};

        $row->{profile} = $server->profile(
            median(map { $_->{cpu} } @{ $row->{full} }),
            '--seconds', $options->{seconds})
            if $options->{profile} && $row->{name} eq 'dnsd';

        $server->stop();
    }

    return {
        devices => $args{devices},
        rate    => $options->{rate},
        rows    => [map { $rows{ $_->{name} } } @servers],
    };
}


# What is compared follows one on the other, and every other time the other way
# round: a machine that gets slower meanwhile is nobody's disadvantage.

sub take_turns
{
    my ($turn, $options, $rows, @servers) = @_;

    my %load = (
        full    => ['--seconds', $options->{seconds}],
        single  => ['--seconds', $options->{seconds} / 2, SINGLE],
        latency => ['--seconds', $options->{seconds} / 2, LATENCY, '--rate',
                    $options->{rate}],
    );

    @servers = reverse(@servers) if $turn % 2 == 0;

    for my $kind (qw(full single latency)) {
        push(@{ $rows->{ $_->{name} }{$kind} }, $_->load('--seed', $turn,
            @{ $load{$kind} })) for @servers;
    }
}


# The reflector answers with as many bytes as dnsd, which is first.

sub start_all
{
    my (%args) = @_;

    my @servers;
    my $bytes = REPLY_BYTES;

    for my $spec (@{ $args{specs} }) {
        my %server = server($spec, int($bytes + 0.5), %args);

        # milliseconds want a median, too; ten seconds do not

        my @before = map { start_and_stop(%server) }
            2 .. ($spec->{ours} ? $args{options}{runs} : 1);
        my $server = Bench::DnsServer->start(%server);

        $server->{first_ms} = median($server->{first_ms}, @before);

        my $warm = $server->load('--seconds', WARM_SECONDS
            + ($spec->{ours} ? $args{devices} / WARM_DEVICES : 0));

        $bytes = $warm->{bytes} if $spec->{name} eq 'dnsd';
        push(@servers, $server);
        print(STDERR " $spec->{name}");
    }

    return @servers;
}


# What Bench::DnsServer has to be told.

sub server
{
    my ($spec, $bytes, %args) = @_;

    my $options = $args{options};
    my $address = $spec->{address} // own_address();
    my $dir = "$args{dir}/$args{devices}-" . $spec->{name} =~ s/\W/-/gr;

    make_path($dir);

    return (
        spec        => $spec,
        fleet       => Bench::Fleet->new(
            dir     => $args{data},
            build   => $args{build},
            signed  => $options->{signed},
            devices => $spec->{devices} // $args{devices}),
        build       => $args{build},
        dir         => $dir,
        address     => $address,
        port        => $spec->{port} // free_port($address),
        reply_bytes => $bytes,
        realtime    => $options->{realtime},
        options     => $spec->{load} // [
            $options->{edns} ? ('--edns', $options->{edns}) : (),
            $options->{do}   ? '--do'                       : (),
        ],
    );
}


sub start_and_stop
{
    my $server = Bench::DnsServer->start(@_);

    $server->stop();

    return $server->{first_ms};
}


# All of 127/8 is loopback: runs side by side do not meet.

sub own_address
{
    return sprintf('127.%d.%d.%d', 224 + ($$ >> 16) % 31, ($$ >> 8) % 256,
        $$ % 256);
}


1;
